"""Finds, checks and copies pretrained encoders in Hugging Face's format."""

import hashlib
import json
from pathlib import Path

import huggingface_hub
import requests
import tensorflow as tf
from huggingface_hub import errors as hub_errors
from transformers import AutoTokenizer, TFAutoModel
from transformers.models.auto.modeling_tf_auto import TF_MODEL_MAPPING_NAMES

from components.errors import ConfigError, DataError

KEY = "backbone.source"
# The first that is there is used: the order in which TFAutoModel looks for them, an index before its parts.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "tf_model.h5", "tf_model.h5.index.json")
SMALL_FILES = ("*.json", "*.txt", "*.model", "text_graph.npz")
OTHER_WEIGHTS = ("*.bin", "*.msgpack", "*.ckpt*")
HUB_ERRORS = (hub_errors.HfHubHTTPError, hub_errors.HFValidationError, requests.RequestException, OSError)


def resolve(source: str, revision: str | None) -> Path:
    """Finds the directory of an encoder; downloads it where it is on the Hub and not in the local cache.

    Args:
        source: A directory, or a name on the Hub.
        revision: Branch, tag or commit on the Hub; None: the main branch.

    Returns:
        A local directory.

    Raises:
        ConfigError: If there is no such directory, and no such model that can be downloaded.
    """
    directory = Path(source).expanduser()
    if directory.is_dir():
        return directory
    if not is_hub_name(source):
        raise ConfigError(KEY, f"no directory {source}: give one in Hugging Face's format, or a Hub name")
    patterns = [*SMALL_FILES, "*.safetensors", "tf_model*.h5"]
    try:
        return Path(huggingface_hub.snapshot_download(source, revision=revision, allow_patterns=patterns))
    except HUB_ERRORS as error:
        at = f" at revision {revision}" if revision else ""
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            KEY,
            f"{source}{at} is no directory here and cannot be fetched from the Hugging Face Hub ({reason}): check "
            "the name and the network, or download it elsewhere and give the directory",
        ) from error


def is_hub_name(source: str) -> bool:
    """Tells names on the Hub (``name`` or ``owner/name``) from paths."""
    return source.count("/") <= 1 and not source.startswith(("/", ".", "~"))


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


def fingerprint(source: str, revision: str | None) -> str:
    """Identifies what an encoder is, so that a node that imports it runs again when it has changed.

    Args:
        source: A directory, or a name on the Hub.
        revision: Branch, tag or commit on the Hub.

    Returns:
        For a directory, a hash of the names and contents of its `files`. For a name on the Hub, name and
        revision: a branch that has moved is not noticed, so give a commit.

    Raises:
        ConfigError: If ``source`` is a path that is not there.
        DataError: If the directory has no weights.
    """
    if not Path(source).expanduser().is_dir() and is_hub_name(source):
        return f"hub:{source}@{revision or 'main'}"
    digest = hashlib.sha256()
    for path in files(resolve(source, revision)):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def check(directory: Path) -> None:
    """Checks that an encoder can be used, by loading it.

    Args:
        directory: Where it is.

    Raises:
        DataError: If the configuration or the weights are missing or incomplete, if TensorFlow has no such
            architecture, or if the tokenizer is missing or has ids that the encoder has no embedding for.
    """
    config_file = directory / "config.json"
    if not config_file.is_file():
        raise DataError(f"{directory} has no config.json: it is not a model in Hugging Face's format")
    model_type = json.loads(config_file.read_text(encoding="utf-8")).get("model_type")
    if model_type not in TF_MODEL_MAPPING_NAMES:
        raise DataError(
            f"{config_file}: model_type is {model_type!r}, which has no TensorFlow version in transformers: "
            "use for example bert, distilbert, roberta, electra or deberta-v2"
        )
    _weights(directory)
    model, loading = _load(directory)
    # A masked language model has no pooler, and nothing here uses one.
    missing = [name for name in loading["missing_keys"] if "pooler" not in name]
    if missing:
        raise DataError(f"{directory}: {len(missing)} weights of the encoder are not in it, such as {missing[0]}")
    _check_tokenizer(directory, model.config.vocab_size)


def copy(directory: Path, destination: str) -> None:
    """Copies an encoder.

    Args:
        directory: A local directory.
        destination: A folder, local or remote; made if it is not there.
    """
    tf.io.gfile.makedirs(destination)
    for path in files(directory):
        tf.io.gfile.copy(str(path), f"{destination}/{path.name}", overwrite=True)


def _weights(directory: Path) -> list[Path]:
    for name in WEIGHTS:
        path = directory / name
        if path.is_file() and name.endswith(".index.json"):
            parts = sorted(set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()))
            absent = [part for part in parts if not (directory / part).is_file()]
            if absent:
                raise DataError(f"{path} names {len(parts)} files, of which {', '.join(absent)} is not there")
            return [path, *(directory / part for part in parts)]
        if path.is_file():
            return [path]
    other = sorted(path.name for pattern in OTHER_WEIGHTS for path in directory.glob(pattern))
    found = f"only {', '.join(other)}, which TensorFlow cannot load: " if other else ""
    raise DataError(f"{directory} has no weights ({found}one of {', '.join(WEIGHTS)} is needed)")


def _load(directory: Path) -> tuple[tf.keras.Model, dict[str, list[str]]]:
    try:
        return TFAutoModel.from_pretrained(str(directory), output_loading_info=True)
    except (OSError, ValueError, KeyError, tf.errors.InvalidArgumentError) as error:
        raise DataError(f"{directory} cannot be loaded: {str(error).strip().splitlines()[0]}") from error


def _check_tokenizer(directory: Path, vocab_size: int) -> None:
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(directory))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{directory} has no tokenizer that can be loaded: {reason}") from error
    if len(tokenizer) > vocab_size:
        raise DataError(
            f"{directory}: the tokenizer has {len(tokenizer)} tokens, but the encoder has embeddings "
            f"for {vocab_size} only: they do not belong together"
        )
