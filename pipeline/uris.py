"""The paths of a configuration whose nodes run on other machines: each is a URI, or a file of this package."""

from pathlib import Path
from typing import Any

from components.backbone.config import is_hub_name
from components.errors import ConfigError
from components.example_gen.files import PACKAGE_PREFIX, in_package
from components.files import is_remote
from components.text_transform.config import STOP_WORD_LISTS
from pipeline.config import BRANCHES
from pipeline.paths import DATA_VARIABLE, check_paths, check_span_is_used, find_schema, join_uri

VOCABULARIES = (".txt", ".model")


def resolve_uris(raw: dict[str, Any], base: str) -> dict[str, Any]:
    """Checks that all paths can be read from anywhere, and makes relative ones absolute where they start at a URI.

    Nothing is looked for: what is not there ends the run of the node that reads it.

    Args:
        raw: A valid configuration as plain values; changed in place.
        base: Where relative paths start: a folder, or a URI.

    Raises:
        ConfigError: If a path is one of this machine; the message names the key.
    """
    check_paths(raw)
    for branch in BRANCHES:
        section = raw.get(branch) or {}
        if section.get("schema"):
            section["schema"] = find_schema(f"{branch}.schema", section["schema"], base)
        for number, source in enumerate(section.get("sources", [])):
            key, files = f"{branch}.sources.{number}.files", source["files"]
            if isinstance(files, dict):
                source["files"] = {split: _uri(f"{key}.{split}", text, base) for split, text in files.items()}
            else:
                source["files"] = _uri(key, files, base)
        if section.get("span") is not None:
            check_span_is_used(branch, section)
    text = raw["text"]
    text["stop_words"] = [
        name if name in STOP_WORD_LISTS else _uri("text.stop_words", name, base) for name in text["stop_words"]
    ]
    if text.get("nltk_english"):
        text["nltk_english"] = _uri("text.nltk_english", text["nltk_english"], base)
    for name in ("tokenizer", "backbone"):
        source = (raw.get(name) or {}).get("source")
        if source and (not is_hub_name(source) or Path(base, source).exists() or Path(source).suffix in VOCABULARIES):
            raw[name]["source"] = _uri(f"{name}.source", source, base)
    pusher = raw["pusher"]
    if pusher.get("destination"):
        pusher["destination"] = _uri("pusher.destination", pusher["destination"], base)
    if pusher.get("huggingface"):
        raise ConfigError(
            "pusher.huggingface", "needs a folder or a token of this machine, and the pipeline runs on others"
        )
    return raw


def _uri(key: str, text: str, base: str) -> str:
    text = join_uri(base, text)
    if is_remote(text):
        return text
    if text.startswith(PACKAGE_PREFIX):
        if not in_package(text).exists():
            raise ConfigError(key, f"the package has no file {text.removeprefix(PACKAGE_PREFIX)}")
        return text
    relative = not Path(text).expanduser().is_absolute()
    remedy = f", or set {DATA_VARIABLE} to the URI of the folder that it is in" if relative else ""
    raise ConfigError(
        key,
        f"{text} is a path of this machine, and the pipeline runs on others: copy it to a bucket and give its URI, "
        f"such as gs://BUCKET/{Path(text).name if Path(text).is_absolute() else text}{remedy}",
    )
