"""The paths of a configuration: where relative ones start, what must be there, which span of data is read."""

import glob
import os
from pathlib import Path
from typing import Any

from components.backbone import foreign_code
from components.backbone.config import is_hub_name
from components.errors import ConfigError
from components.example_gen.files import PACKAGE_PREFIX, in_package
from components.files import is_remote
from pipeline.arguments import check_path
from pipeline.config import BRANCHES, SCHEMA_FILE, SCHEMAS
from pipeline.explain import nearest
from pipeline.variables import DATA as DATA_VARIABLE

DEFAULT_DATA = "../shared/data"
_PATH_KEYS = (
    "text.stop_words",
    "text.nltk_english",
    "tokenizer.source",
    "backbone.source",
    "pusher.destination",
    "pusher.huggingface.directory",
)


def data_folder() -> str:
    """The folder, or URI, that a preset's relative paths start from."""
    given = os.environ.get(DATA_VARIABLE) or DEFAULT_DATA
    return given if is_remote(given) else str(Path(given).expanduser().resolve())


def join_uri(base: str, text: str) -> str:
    """A relative path where it starts at a URI; any other as it is.

    Args:
        base: Where relative paths start: a folder, or a URI.
        text: A path or URI.

    Example:
        >>> join_uri("gs://bucket/data", "knbc/train.tsv"), join_uri("/data", "knbc/train.tsv")
        ('gs://bucket/data/knbc/train.tsv', 'knbc/train.tsv')
    """
    if not is_remote(base) or is_remote(text) or text.startswith(("/", "~", "$", PACKAGE_PREFIX)):
        return text
    return f"{base.rstrip('/')}/{text}"


def resolve(raw: dict[str, Any], base: str) -> dict[str, Any]:
    """Makes all paths absolute, and takes one span of what comes in spans.

    Args:
        raw: A valid configuration as plain values; changed in place.
        base: Where relative paths start.

    Raises:
        ConfigError: If something is not there; the message names the key.
        DataError: If the directory of a model has code of its own.
    """
    check_paths(raw)
    for branch in BRANCHES:
        if (raw.get(branch) or {}).get("schema"):
            raw[branch]["schema"] = find_schema(f"{branch}.schema", raw[branch]["schema"], base)
        if raw.get(branch):
            _take_span(branch, raw[branch], base)
        for number, source in enumerate((raw.get(branch) or {}).get("sources", [])):
            key = f"{branch}.sources.{number}.files"
            files = source["files"]
            if isinstance(files, dict):
                source["files"] = {split: _existing(f"{key}.{split}", text, base) for split, text in files.items()}
            else:
                source["files"] = _existing(key, files, base)
    if raw["text"].get("nltk_english"):
        raw["text"]["nltk_english"] = _existing("text.nltk_english", raw["text"]["nltk_english"], base)
    for section in ("tokenizer", "backbone"):
        source = (raw.get(section) or {}).get("source")
        if source and _absolute(source, base).exists():
            raw[section]["source"] = str(_absolute(source, base))
            foreign_code.refuse(_absolute(source, base))
        elif source and not is_remote(source) and not is_hub_name(source):
            raise ConfigError(f"{section}.source", f"no such file or folder: {_absolute(source, base)}")
    return raw


def check_paths(raw: dict[str, Any]) -> None:
    """Checks what can be said of all paths before anybody looks for them.

    Args:
        raw: A valid configuration as plain values.

    Raises:
        ConfigError: See `pipeline.arguments.check_path`.
    """
    given: dict[str, Any] = {}
    for branch in BRANCHES:
        section = raw.get(branch) or {}
        given[f"{branch}.schema"] = section.get("schema")
        for number, source in enumerate(section.get("sources", [])):
            given |= _by_place(f"{branch}.sources.{number}.files", source["files"])
    for key in _PATH_KEYS:
        value: Any = raw
        for name in key.split("."):
            value = (value or {}).get(name)
        given |= _by_place(key, value)
    for key, text in given.items():
        if text is not None and not is_remote(text):
            check_path(key, os.path.expandvars(text))


def _by_place(key: str, value: Any) -> dict[str, Any]:
    """The parts of a list or mapping by their keys; anything else by its own."""
    parts = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else None
    return {key: value} if parts is None else {f"{key}.{name}": part for name, part in parts}


def set_span(raw: dict[str, Any], span: int) -> None:
    """Asks for a span of whatever comes in spans.

    Args:
        raw: A valid configuration as plain values; changed in place.
        span: Its number.

    Raises:
        ConfigError: If nothing does.
    """
    from components.example_gen.spans import SPAN

    sections = [raw[branch] for branch in BRANCHES if raw.get(branch)]
    dated = [section for section in sections if any(SPAN in str(source["files"]) for source in section["sources"])]
    if not dated:
        raise ConfigError("--span", f"no path of the configuration has {SPAN} in it, as in reviews/{SPAN}/*.csv")
    for section in dated:
        section["span"] = span


def _take_span(branch: str, section: dict[str, Any], base: str) -> None:
    """Puts the chosen span into all paths of a branch that leave it open, and its number into ``span``."""
    from components.example_gen import spans

    def start_at_base(text: str) -> str:
        joined = join_uri(base, text)
        return text if spans.SPAN not in text else joined if is_remote(joined) else str(_absolute(joined, base))

    if section["span"] is not None:
        check_span_is_used(branch, section)
    sources = section["sources"]
    opened = [spans.change_paths(source["files"], start_at_base) for source in sources]
    span, files = spans.take_span(f"{branch}.span", opened, section["span"])
    section["span"] = span
    for source, one in zip(sources, files, strict=True):
        source["files"] = one


def check_span_is_used(branch: str, section: dict[str, Any]) -> None:
    """Refuses a span where all instalments would be the same.

    Args:
        branch: One of `BRANCHES`.
        section: It, as plain values, with a ``span``.

    Raises:
        ConfigError: If no path has ``{SPAN}`` in it.
    """
    from components.example_gen.spans import SPAN

    if not any(SPAN in str(source["files"]) for source in section["sources"]):
        raise ConfigError(f"{branch}.span", f"is {section['span']}, but no path of {branch} has {SPAN} in it")


def find_schema(key: str, name: str, base: str) -> str:
    """A shipped schema by its name, or the folder of one's own.

    Args:
        key: Where it stands in the configuration.
        name: Its name, or a path.
        base: Where relative paths start.

    Raises:
        ConfigError: If there is none.
    """
    if (SCHEMAS / name / SCHEMA_FILE).is_file():
        return name
    folder = _absolute(name, base)
    if not (folder / SCHEMA_FILE).is_file():
        shipped = sorted(path.parent.name for path in SCHEMAS.glob(f"*/{SCHEMA_FILE}"))
        raise ConfigError(key, f"no schema {name!r}{nearest(name, shipped)}; or give a folder that holds {SCHEMA_FILE}")
    return str(folder)


def _existing(key: str, text: str, base: str) -> str:
    text = join_uri(base, text)
    if "://" in text:  # remote: the node that reads it looks
        return text
    path = _absolute(text, base)
    if glob.has_magic(str(path)):
        if not glob.glob(str(path), recursive=True):
            raise ConfigError(key, f"no file matches {path}{_remedy(base)}")
    elif not path.exists():
        raise ConfigError(key, f"no such file or folder: {path}{_remedy(base)}")
    return str(path)


def _remedy(base: str) -> str:
    if base != data_folder():
        return ""
    if os.environ.get(DATA_VARIABLE):
        return f"; {DATA_VARIABLE} is {base}: is it the folder of the data?"
    return f"; set {DATA_VARIABLE} to the folder of the data"


def _absolute(text: str, base: str) -> Path:
    if text.startswith(PACKAGE_PREFIX):
        return in_package(text)
    path = Path(os.path.expandvars(text)).expanduser()
    return path if path.is_absolute() else Path(base) / path
