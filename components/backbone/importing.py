"""Takes a pretrained encoder into the pipeline, in whichever of the two formats it is."""

import hashlib
import tempfile
from pathlib import Path

from components.backbone import foreign_code, huggingface, positions, tf1_checkpoint, tf1_files
from components.backbone.config import BackboneConfig
from components.errors import ConfigError


def check(directory: Path, config: BackboneConfig, max_length: int | None) -> None:
    """Checks an encoder as far as possible without loading its weights, which takes a moment.

    Args:
        directory: Where it is.
        config: How to read it.
        max_length: Tokens of a text at most, special tokens included; None: not known.

    Raises:
        DataError: If a file is missing or broken, files do not fit each other, or the directory has code of its own.
        ConfigError: If texts may be longer than the encoder's positions, or ``lowercase`` has no meaning here.
    """
    foreign_code.refuse(directory)
    if is_tf1(directory):
        config_json = tf1_checkpoint.check(directory, config.lowercase)
    else:
        config_json = huggingface.check_files(directory)
        if config.lowercase is not None:
            raise ConfigError(
                "backbone.lowercase",
                f"{str(config.lowercase).lower()} is for a TF1 checkpoint with a vocab.txt; {directory} is in Hugging "
                "Face's format, where the tokenizer knows: leave it out",
            )
    if max_length is not None:
        positions.check_length(config_json, max_length)


def import_encoder(directory: Path, config: BackboneConfig, destination: str) -> None:
    """Writes an encoder and its tokenizer as a directory in Hugging Face's format.

    Args:
        directory: One that `check` has nothing against.
        config: How to read it.
        destination: A folder, local or remote; made if it is not there.

    Raises:
        DataError: If the weights cannot be loaded, or are not all there.
        ConfigError: If the tokenizer cannot be taken over.
    """
    if is_tf1(directory):
        with tempfile.TemporaryDirectory() as converted:
            tf1_checkpoint.convert(directory, Path(converted), config.lowercase)
            huggingface.copy(Path(converted), destination)
    else:
        huggingface.check_weights(directory)
        huggingface.copy(directory, destination)


def fingerprint(config: BackboneConfig) -> str:
    """Identifies what an encoder is, so that a node that imports it runs again when it has changed.

    Args:
        config: Where it is.

    Returns:
        For a directory, a hash of the names and contents of the files that are used. For a name on the Hub, name and
        revision: a branch that has moved is not noticed, so give a commit.

    Raises:
        ConfigError: If the source is a path that is not there.
        DataError: If the directory has no weights.
    """
    directory = huggingface.local_directory(config.source)
    if directory is None:
        return f"hub:{config.source}@{config.revision or 'main'}"
    return _hash(tf1_files.find(directory).all() if is_tf1(directory) else huggingface.files(directory))


def is_tf1(directory: Path) -> bool:
    """Tells a TF1 checkpoint from a directory in Hugging Face's format, which may have a ``bert_config.json`` too."""
    return (directory / tf1_files.CONFIG).is_file() and not huggingface.has_weights(directory)


def _hash(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
