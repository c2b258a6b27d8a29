"""Finds, checks and copies pretrained encoders in Hugging Face's format."""

from pathlib import Path
from typing import Any

import huggingface_hub
import requests
import tensorflow as tf
from huggingface_hub import errors as hub_errors
from transformers import PretrainedConfig

from components.backbone import settings, weight_files, weights
from components.backbone.config import is_hub_name
from components.backbone.loading import load_with_info
from components.errors import ConfigError, DataError, first_line
from components.files import is_remote
from components.local_copies import local_copy
from components.tokenizer import reference

KEY = "backbone.source"
HUB_ERRORS = (hub_errors.HfHubHTTPError, hub_errors.HFValidationError, requests.RequestException, OSError)


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
    patterns = [*reference.SMALL_FILES, "*.safetensors", "tf_model*.h5"]
    try:
        return Path(huggingface_hub.snapshot_download(source, revision=revision, allow_patterns=patterns))
    except HUB_ERRORS as error:
        at = f" at revision {revision}" if revision else ""
        raise ConfigError(
            KEY,
            f"{source}{at} is no directory here and cannot be fetched from the Hugging Face Hub ({first_line(error)}): "
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
    small = {path for pattern in reference.SMALL_FILES for path in directory.glob(pattern) if path.is_file()}
    indices = {path for path in small if path.name.endswith(".index.json")}
    return sorted(small - indices | set(weight_files.find(directory)))


def has_weights(directory: Path) -> bool:
    """Tells whether a directory has weights in Hugging Face's format, complete or not."""
    return any((directory / name).is_file() for name in weight_files.WEIGHTS)


def check_files(directory: Path) -> dict[str, Any]:
    """Checks everything about an encoder but its weights themselves, which takes a moment.

    Args:
        directory: Where it is.

    Returns:
        Its ``config.json``.

    Raises:
        DataError: If the configuration is missing, broken or says something that is not computed here, if weights are
            missing or left over, or if the tokenizer is missing or has ids that the encoder has no embedding for.
    """
    config_json = settings.read(directory)
    files = weight_files.find(directory)
    config = settings.load(directory)
    weights.check(files, config)
    _check_tokenizer(directory, config)
    return config_json


def check_weights(directory: Path) -> None:
    """Checks that the weights of an encoder can be loaded and are numbers.

    A pooler may be missing: a masked language model has none, and nothing here uses one.

    Args:
        directory: One that `check_files` has nothing against.

    Raises:
        DataError: If they are not.
    """
    path = weight_files.find(directory)[0]
    try:
        model, loading = load_with_info(directory, ignore_mismatched_sizes=True)
    except DataError:
        raise
    except Exception as error:  # the files were sound a moment ago: whatever it is, it is about them
        raise DataError(f"{path} cannot be loaded ({first_line(error)}): {weights.REMEDY}") from error
    missing = sorted(name for name in loading["missing_keys"] if "pooler" not in name)
    if missing or loading["mismatched_keys"]:
        name = missing[0] if missing else sorted(loading["mismatched_keys"], key=str)[0][0]
        raise DataError(f"{path}: weights of the encoder are not loaded from it, such as {name}: {weights.REMEDY}")
    weights.check_values(model, path)


def copy(directory: Path, destination: str) -> None:
    """Copies an encoder.

    Args:
        directory: A local directory.
        destination: A folder, local or remote; made if it is not there.
    """
    tf.io.gfile.makedirs(destination)
    for path in files(directory):
        tf.io.gfile.copy(str(path), f"{destination}/{path.name}", overwrite=True)


def _check_tokenizer(directory: Path, config: PretrainedConfig) -> None:
    # Without a tokenizer.json a fast tokenizer would be built from the vocabulary, which takes long and changes no id.
    tokenizer = reference.load(directory, use_fast=(directory / "tokenizer.json").is_file())
    rows = config.vocab_size
    beyond = {index: piece for piece, index in tokenizer.get_vocab().items() if index >= rows}
    for role in ("pad", "unk", "cls", "sep", "eos"):
        token = getattr(tokenizer, f"{role}_token")
        if token is not None and tokenizer.convert_tokens_to_ids(token) in beyond:
            raise DataError(
                f"{directory}: {token} is no piece of the vocabulary, and the id that it gets has no embedding "
                f"(vocab_size in config.json is {rows}): take the vocabulary that came with the encoder"
            )
    if met := set(beyond) - reference.unmet_ids(tokenizer):
        raise DataError(
            f"{directory}: the ids of the tokenizer go up to {max(met)}, but the encoder has embeddings for {rows} "
            "only (vocab_size in config.json): they do not belong together"
        )
