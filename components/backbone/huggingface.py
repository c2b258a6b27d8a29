"""Finds, checks and copies pretrained encoders in Hugging Face's format."""

import json
from pathlib import Path
from typing import Any

import huggingface_hub
import requests
import tensorflow as tf
from huggingface_hub import errors as hub_errors
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig
from transformers.models.auto.modeling_tf_auto import TF_MODEL_MAPPING_NAMES

from components.backbone.config import is_hub_name
from components.backbone.loading import load_with_info
from components.errors import ConfigError, DataError
from components.files import is_remote
from components.local_copies import local_copy

KEY = "backbone.source"
# The first that is there is used: the order in which TFAutoModel looks for them, an index before its parts.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "tf_model.h5", "tf_model.h5.index.json")
SMALL_FILES = ("*.json", "*.txt", "*.model", "text_graph.npz")
OTHER_WEIGHTS = ("*.bin", "*.msgpack", "*.ckpt*")
HUB_ERRORS = (hub_errors.HfHubHTTPError, hub_errors.HFValidationError, requests.RequestException, OSError)
LOADING_ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError, tf.errors.OpError, SafetensorError)


def resolve(source: str, revision: str | None) -> Path:
    """Finds the directory of an encoder; downloads it where it is on the Hub and not in the local cache.

    Args:
        source: A directory, a URI of one, or a name on the Hub.
        revision: Branch, tag or commit on the Hub; None: the main branch.

    Returns:
        A local directory.

    Raises:
        ConfigError: If there is no such directory, and no such model that can be downloaded.
    """
    if is_remote(source):
        return Path(local_copy(source))
    directory = local_directory(source)
    if directory:
        return directory
    patterns = [*SMALL_FILES, "*.safetensors", "tf_model*.h5"]
    try:
        return Path(huggingface_hub.snapshot_download(source, revision=revision, allow_patterns=patterns))
    except HUB_ERRORS as error:
        at = f" at revision {revision}" if revision else ""
        raise ConfigError(
            KEY,
            f"{source}{at} is no directory here and cannot be fetched from the Hugging Face Hub ({_reason(error)}): "
            "check the name and the network, or download it elsewhere and give the directory",
        ) from error


def local_directory(source: str) -> Path | None:
    """Tells a directory from what is elsewhere: a URI, or a name on the Hub (``name`` or ``owner/name``).

    Args:
        source: Either.

    Returns:
        The directory; None for what is elsewhere.

    Raises:
        ConfigError: If it is a path, but no directory.
    """
    directory = Path(source).expanduser()
    if directory.is_dir():
        return directory
    if not is_hub_name(source) and not is_remote(source):
        raise ConfigError(
            KEY, f"no directory {source}: give one in Hugging Face's format or with a TF1 checkpoint, or a Hub name"
        )
    return None


def files(directory: Path) -> list[Path]:
    """The files of an encoder that are worth copying: configuration, tokenizer, one set of weights.

    Args:
        directory: Where the encoder is.

    Returns:
        Paths, sorted by name.

    Raises:
        DataError: If there are no weights that TensorFlow can load.
    """
    small = {path for pattern in SMALL_FILES for path in directory.glob(pattern)}
    indices = {path for path in small if path.name.endswith(".index.json")}
    return sorted(small - indices | set(_weights(directory)))


def has_weights(directory: Path) -> bool:
    """Tells whether a directory has weights in Hugging Face's format, complete or not."""
    return any((directory / name).is_file() for name in WEIGHTS)


def check_files(directory: Path) -> dict[str, Any]:
    """Checks everything about an encoder but its weights themselves, which takes a moment.

    Args:
        directory: Where it is.

    Returns:
        Its ``config.json``.

    Raises:
        DataError: If the configuration is missing or broken, if TensorFlow has no such architecture, if a file of
            the weights is missing, or if the tokenizer is missing or has ids that the encoder has no embedding for.
    """
    config_json = _read_config(directory)
    _weights(directory)
    try:
        config = AutoConfig.from_pretrained(str(directory))
    except LOADING_ERRORS as error:
        raise DataError(
            f"{directory / 'config.json'} cannot be used ({_reason(error)}): take the one that came with the weights"
        ) from error
    _check_tokenizer(directory, config)
    return config_json


def check_weights(directory: Path) -> None:
    """Checks that the weights of an encoder are all there and fit its configuration, by loading them.

    A pooler may be missing: a masked language model has none, and nothing here uses one.

    Args:
        directory: One that `check_files` has nothing against.

    Raises:
        DataError: If they are not.
    """
    weights = _weights(directory)[0]
    remedy = "config.json and weights must be of one model, copied or downloaded whole"
    try:
        _, loading = load_with_info(directory, ignore_mismatched_sizes=True)
    except LOADING_ERRORS as error:
        raise DataError(f"{weights} cannot be loaded ({_reason(error)}): {remedy}") from error
    missing = sorted(name for name in loading["missing_keys"] if "pooler" not in name)
    if missing:
        raise DataError(
            f"{weights}: {len(missing)} weights of the encoder are not in it, such as {missing[0]}: {remedy}"
        )
    mismatched = sorted(loading["mismatched_keys"], key=str)
    if mismatched:
        name, found, expected = mismatched[0]
        raise DataError(
            f"{weights}: {len(mismatched)} weights do not have the shape that config.json gives them, such as {name}, "
            f"expected {tuple(expected)}, found {tuple(found)}: {remedy}"
        )


def copy(directory: Path, destination: str) -> None:
    """Copies an encoder.

    Args:
        directory: A local directory.
        destination: A folder, local or remote; made if it is not there.
    """
    tf.io.gfile.makedirs(destination)
    for path in files(directory):
        tf.io.gfile.copy(str(path), f"{destination}/{path.name}", overwrite=True)


def _read_config(directory: Path) -> dict[str, Any]:
    path = directory / "config.json"
    if not path.is_file():
        raise DataError(
            f"{directory} has no config.json: it is no model in Hugging Face's format (nor, without bert_config.json, "
            "a TF1 checkpoint)"
        )
    config = read_json(path)
    model_type = config.get("model_type")
    if model_type not in TF_MODEL_MAPPING_NAMES:
        raise DataError(
            f"{path}: model_type is {model_type!r}, which has no TensorFlow version in transformers: "
            "use for example bert, distilbert, electra, deberta-v2, albert, xlm-roberta or t5"
        )
    return config


def read_json(path: Path) -> dict[str, Any]:
    """Reads a file with a JSON object.

    Raises:
        DataError: If it has something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is no JSON ({error}): copy it again, whole") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} has a JSON {type(content).__name__} where an object is needed: copy it again, whole")
    return content


def _weights(directory: Path) -> list[Path]:
    path = next((directory / name for name in WEIGHTS if (directory / name).is_file()), None)
    if path is None:
        other = sorted({path.name for pattern in OTHER_WEIGHTS for path in directory.glob(pattern)})
        found = f"only {', '.join(other)}, which TensorFlow cannot load; " if other else ""
        raise DataError(
            f"{directory} has no weights ({found}one of {', '.join(WEIGHTS)} is needed): copy or download it whole, "
            "or save the model again with save_pretrained(..., safe_serialization=True)"
        )
    if not path.name.endswith(".index.json"):
        return [path]
    parts = sorted(set(read_json(path).get("weight_map", {}).values()))
    absent = [part for part in parts if not (directory / part).is_file()]
    if absent or not parts:
        what = f", of which {', '.join(absent)} is not there" if absent else ""
        raise DataError(f"{path} names {len(parts)} files{what}: copy or download the model whole")
    return [path, *(directory / part for part in parts)]


def _check_tokenizer(directory: Path, config: PretrainedConfig) -> None:
    # Without a tokenizer.json a fast tokenizer would be built from the vocabulary, which takes long and changes no id.
    fast = (directory / "tokenizer.json").is_file()
    try:
        ids = AutoTokenizer.from_pretrained(str(directory), use_fast=fast).get_vocab().values()
    except (*LOADING_ERRORS, ImportError) as error:
        raise DataError(
            f"{directory} has no tokenizer that can be loaded ({_reason(error)}): put the files that came with the "
            "encoder beside it, such as tokenizer.json, vocab.txt or spm.model"
        ) from error
    size = getattr(config, "vocab_size", None)
    if size is not None and max(ids) >= size:
        raise DataError(
            f"{directory}: the ids of the tokenizer go up to {max(ids)}, but the encoder has embeddings for {size} "
            "only (vocab_size in config.json): they do not belong together"
        )


def _reason(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
