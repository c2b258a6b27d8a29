"""Reading a configuration: a shipped preset or a file, its size, overrides, and paths.

Order: the YAML's own keys, then those under ``sizes: {SIZE: …}`` for the chosen size, then ``--set`` overrides.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic
import yaml

from components.errors import ConfigError, shortened
from components.example_gen.config import COLUMN_FORMATS, ExampleGenConfig
from components.example_gen.spans import SPAN
from components.files import is_remote
from components.pretrainer.config import NETWORK_KEYS
from pipeline import yaml_reading
from pipeline.arguments import check_path
from pipeline.config import BRANCHES, PipelineConfig
from pipeline.describe import describe
from pipeline.explain import explain, nearest
from pipeline.paths import data_folder, resolve, set_span
from pipeline.uris import resolve_uris

PACKAGE = Path(__file__).parent
PRESETS = PACKAGE / "presets"
DEFAULT_SIZE = "full"
_MAX_KEYS = 20  # names in a dotted key


def preset_names() -> list[str]:
    """The shipped presets, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def load(
    preset_or_file: str, overrides: Sequence[str] = (), span: int | None = None, elsewhere: bool = False
) -> PipelineConfig:
    """Reads a preset or a YAML file.

    Args:
        preset_or_file: The name of a shipped preset, or the path of a ``.yaml`` file.
        overrides: Strings ``dotted.key=value``; values are YAML, so ``a.b=[x, y]`` is a list.
        span: The span to read, of whatever has ``{SPAN}`` in its paths; None: what the configuration says.
        elsewhere: Whether the nodes run on other machines, so that all paths must be URIs.

    Returns:
        The validated configuration. Paths are absolute: a preset's are resolved against ``$TFX_BERT_DATA`` (default
        ``../shared/data``), those of a file against the file's folder; overrides follow the same rule.

    Raises:
        ConfigError: If anything is wrong; the message names the key, the value, and the nearest valid name.
        DataError: If a file of rows with named columns cannot be read.

    Example:
        >>> load("demo", ["trainer.epochs=3"]).trainer.epochs
        3
    """
    path = _find(preset_or_file)
    raw = _read_yaml(path)
    changes = [_parse_override(text) for text in overrides]
    raw = _sized(raw, next((value for key, value in reversed(changes) if key == ["size"]), None))
    for keys, value in changes:
        _set(raw, keys, value)
    config = _validate(raw)
    base = data_folder() if path.parent == PRESETS else str(path.parent.resolve())
    plain = _plain(config)
    if span is not None:
        set_span(plain, span)
    if elsewhere:
        return _validate(resolve_uris(plain, base))
    config = _validate(resolve(plain, base))
    _check_columns(config)
    return config


def to_yaml(config: PipelineConfig, described: bool = False) -> str:
    """The whole configuration as YAML, defaults included, keys in the order of the DAG.

    Where pretraining goes on from a backbone, the keys of the network are left out: its config.json has them.

    Args:
        config: What to show.
        described: Whether comments say what the keys are for.
    """
    plain = _plain(config)
    for branch in BRANCHES:
        if plain.get(branch):
            files = str([source["files"] for source in plain[branch]["sources"]])
            if SPAN not in files:  # the paths name it already
                plain[branch]["span"] = None
    return describe(config, plain) if described else yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)


def _find(preset_or_file: str) -> Path:
    if preset_or_file.endswith((".yaml", ".yml")):
        check_path("", preset_or_file)
        path = Path(preset_or_file).expanduser()
        if not path.is_file():
            raise ConfigError("", f"no such file: {preset_or_file}")
        return path
    if preset_or_file not in preset_names():
        choice = nearest(preset_or_file, preset_names())
        raise ConfigError("", f"no preset {shortened(repr(preset_or_file))}{choice}; or give a .yaml file")
    return PRESETS / f"{preset_or_file}.yaml"


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        documents = yaml_reading.read_file(path)
    except OSError as error:
        raise ConfigError("", f"{path} cannot be read: {error.strerror}") from None
    except yaml_reading.YamlError as error:
        line = f", line {error.line}," if error.line else ""
        key = f"{error.key}: " if error.key else ""
        raise ConfigError("", f"{path}{line} is not YAML that can be used: {key}{error.problem}") from None
    if len(documents) > 1:
        raise ConfigError("", f"{path} holds {len(documents)} documents, divided by ---: keep one")
    raw = documents[0] if documents else None
    if raw is None:
        raise ConfigError("", f"{path} is empty: see README for an example")
    if not isinstance(raw, dict):
        raise ConfigError("", f"{path} must hold keys and values, not {type(raw).__name__}")
    return raw


def _parse_override(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError("", f"--set {shortened(repr(text))}: write it as key=value, for example trainer.epochs=3")
    keys = key.strip().split(".")
    if len(keys) > _MAX_KEYS or not all(keys):
        raise ConfigError("", f"--set {shortened(key)!r}: write the key as names with dots between, as trainer.epochs")
    try:
        return keys, yaml_reading.read_value(value)
    except yaml_reading.YamlError as error:
        inside = f"{error.key}: " if error.key else ""
        raise ConfigError(
            shortened(key.strip()), f"{shortened(repr(value))} is not a YAML value: {inside}{error.problem}"
        ) from None


def _sized(raw: dict[str, Any], wanted: str | None) -> dict[str, Any]:
    raw = dict(raw)
    sizes = raw.pop("sizes", {})
    size = wanted or raw.get("size") or DEFAULT_SIZE
    if not isinstance(sizes, dict) or not all(isinstance(keys or {}, dict) for keys in sizes.values()):
        raise ConfigError("sizes", "must hold a name for each size, and under it the keys that differ")
    if not isinstance(size, str):
        raise ConfigError("size", f"{size!r} is not the name of a size")
    if size not in (sizes or {DEFAULT_SIZE: {}}):
        choice = nearest(str(size), list(sizes)) if sizes else ": it has no sizes"
        raise ConfigError("size", f"{size!r} is not a size of this configuration{choice}")
    if sizes:
        raw = _merge(raw, sizes[size] or {})
    return raw | {"size": size}


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _set(raw: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    node: Any = raw
    for depth, key in enumerate(keys[:-1]):
        if isinstance(node, list):
            node = node[_index(keys[: depth + 1], node)]
        else:
            if not isinstance(node.get(key), dict | list):
                node[key] = {}
            node = node[key]
    if isinstance(node, list):
        node[_index(keys, node)] = value
    else:
        node[keys[-1]] = value


def _index(keys: Sequence[str], items: list[Any]) -> int:
    numbers = {str(number): number for number in range(len(items))}
    if keys[-1] not in numbers:
        there = f"use a number from 0 to {len(items) - 1}" if items else "the list is empty"
        raise ConfigError(shortened(".".join(keys)), f"is one of a list: {there}")
    return numbers[keys[-1]]


def _validate(raw: Mapping[str, Any]) -> PipelineConfig:
    try:
        return PipelineConfig.model_validate(raw)
    except pydantic.ValidationError as error:
        raise ConfigError("", explain(error, PipelineConfig)) from None


def _plain(config: PipelineConfig) -> dict[str, Any]:
    """All values that count."""
    hidden = {"pretrainer": set(NETWORK_KEYS)} if config.pretrainer and config.backbone else None
    return config.model_dump(by_alias=True, mode="json", exclude=hidden)


def _check_columns(config: PipelineConfig) -> None:
    """Looks for the columns that sources name, in files on this machine."""
    for branch in BRANCHES:
        section: ExampleGenConfig | None = getattr(config, branch)
        sources = section.sources if section else []
        local = not any(is_remote(path) for source in sources for path in source.paths.values())
        if section and local and any(source.format in COLUMN_FORMATS for source in sources):
            from components.example_gen import inputs, reading

            try:
                reading.check(section, inputs.plan(section, inputs.find_inputs(section)).pieces)
            except ConfigError as error:
                raise error.within(branch) from None
