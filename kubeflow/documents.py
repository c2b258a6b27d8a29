"""Files of compiled pipelines, as JSON or YAML."""

import json
from pathlib import Path
from typing import Any

import yaml

from components.errors import ConfigError
from pipeline import yaml_reading


def write(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes what was compiled, in an order that does not change, as JSON or as YAML by the file's name.

    Args:
        documents: What `compile_pipeline` returned.
        path: The file. A second document needs YAML.

    Raises:
        ConfigError: If the file cannot hold the documents, or cannot be written.
    """
    if path.suffix in (".yaml", ".yml"):
        text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=True, width=120)
    elif path.suffix != ".json":
        raise ConfigError("--output", f"{path}: name it .json or .yaml")
    elif len(documents) > 1:
        raise ConfigError("--output", f"{path}: what is for Kubernetes alone needs a second document: name it .yaml")
    else:
        text = json.dumps(documents[0], ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError("--output", f"{path} cannot be written: {error.strerror}") from None


def read(path: Path) -> list[dict[str, Any]]:
    """Reads what `write` wrote.

    Raises:
        ConfigError: If the file is not there, or holds no pipeline.
    """
    try:
        documents = yaml_reading.read_file(path)
    except OSError as error:
        raise ConfigError("", f"{path} cannot be read: {error.strerror}") from None
    except yaml_reading.YamlError as error:
        line = f", line {error.line}," if error.line else ""
        raise ConfigError(
            "", f"{path}{line} is neither JSON nor YAML that can be used ({error.problem}): compile it again"
        ) from None
    spec = pipeline_spec(documents) if documents and isinstance(documents[0], dict) else None
    if not _has(spec, "deploymentSpec", "executors") or not _has(spec, "root", "dag", "tasks"):
        raise ConfigError("", f"{path} holds no pipeline: `tfx-bert compile` makes one")
    return documents


def _has(value: Any, *keys: str) -> bool:
    """Whether there are mappings all the way down."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return isinstance(value, dict)


def pipeline_spec(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The ``PipelineSpec``, as JSON, of what was compiled for either target."""
    spec: dict[str, Any] = documents[0].get("pipelineSpec", documents[0])
    return spec
