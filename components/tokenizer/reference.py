"""Loads tokenizers of other people's models with transformers, which is the reference for their ids."""

import atexit
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import huggingface_hub
import requests
from huggingface_hub import errors as hub_errors
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from components.backbone import foreign_code
from components.backbone.config import is_hub_name
from components.backbone.json_files import read_json
from components.errors import ConfigError, DataError, first_line
from components.text_transform import sentencepiece_check
from components.tokenizer import classes, config_file, vocabulary_files
from components.tokenizer.support import KEY, unsupported

SMALL_FILES = ("*.json", "*.txt", "*.model", "text_graph.npz")
MOST_BYTES = 64 << 20
"""Of a vocabulary file: those of the largest multilingual models have 17 MB."""
_ONLY_IN_VERSION_5 = {"backend", "is_local", "local_files_only"}
# With these keys a tokenizer_config.json makes transformers read files elsewhere, in place of those beside it.
_PATHS = {"vocab_file", "merges_file", "tokenizer_file", "spm_file", "monolingual_vocab_file", "dict_file"}
_HUB_ERRORS = (hub_errors.HfHubHTTPError, hub_errors.HFValidationError, requests.RequestException, OSError)


def resolve(source: str) -> Path:
    """Finds the directory of a tokenizer; downloads its files where it is on the Hub and not in the local cache.

    Args:
        source: A local directory, or a name on the Hub.

    Raises:
        ConfigError: If there is no such directory, and no such model that can be downloaded.
    """
    directory = Path(source)
    if directory.is_dir():
        return directory
    if not is_hub_name(source):
        raise ConfigError(KEY, f"no tokenizer can be loaded from {source!r}: there is no such file or folder")
    try:
        return Path(huggingface_hub.snapshot_download(source, allow_patterns=[*SMALL_FILES]))
    except _HUB_ERRORS as error:
        raise ConfigError(
            KEY,
            f"no tokenizer can be loaded from {source!r}: it is no file or folder here, and cannot be fetched from the "
            f"Hugging Face Hub ({first_line(error)}): check the name and the network",
        ) from error


def load(directory: Path, use_fast: bool) -> PreTrainedTokenizerBase:
    """Loads a tokenizer.

    Args:
        directory: A local directory that `check_files` has nothing against.
        use_fast: Whether a fast tokenizer is preferred.

    Returns:
        The tokenizer.

    Raises:
        DataError: If the directory has code of its own, or transformers makes no tokenizer of its files.
        ConfigError: If it is of a class that is not supported.
    """
    config = check_files(directory)
    name = config.get("tokenizer_class")
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(_for_version_4(directory, config)), use_fast=use_fast, trust_remote_code=False
        )
        tokenizer("")  # some find fault with their settings only now
    except ImportError as error:
        raise unsupported(f"{name or 'tokenizer'} that cannot be loaded here ({first_line(error)})") from error
    except BaseException as error:  # whatever a class makes of files that are not its own
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # tokenizers' Rust gave up
            raise
        saved = ", which transformers 5 saved without the files that older versions read" if "backend" in config else ""
        raise DataError(
            f"{directory} has no tokenizer that can be loaded{saved} ({first_line(error)}): "
            "put the files that came with the model there, such as tokenizer.json, vocab.txt or spm.model"
        ) from error
    return tokenizer


def check_files(directory: Path) -> dict[str, Any]:
    """Checks the files of a tokenizer before anything is made of them, so that the message names the one to blame.

    Args:
        directory: A local directory.

    Returns:
        The content of ``tokenizer_config.json``; empty if there is none.

    Raises:
        DataError: If a file is damaged, contradicts another, or names code of the directory's own.
        ConfigError: If it is of a class that is not supported.
    """
    foreign_code.refuse(directory)
    small = (config_file.CONFIG, "special_tokens_map.json", config_file.ADDED_TOKENS, "config.json")
    contents = {name: read_json(directory / name) for name in small if (directory / name).exists()}
    for name in small[:2]:
        config_file.check(directory / name, contents.get(name, {}))
    config_file.check_added(directory / config_file.ADDED_TOKENS, contents.get(config_file.ADDED_TOKENS, {}))
    config = contents.get(config_file.CONFIG, {})
    classes.check(directory, config, contents.get("config.json"))
    large = ("tokenizer.json", "vocab.json")
    contents |= {name: read_json(directory / name, MOST_BYTES) for name in large if (directory / name).exists()}
    whole = contents.get("tokenizer.json", {})
    for path in sorted(directory.glob("*.txt")):
        if path.name in ("vocab.txt", "dict.txt"):
            check_vocabulary(path)
        if path.name == "vocab.txt":
            vocabulary_files.check_rows(directory / "tokenizer.json", whole, path)
    for path in sorted(directory.glob("*.model")):
        check_model(path)
        vocabulary_files.check_model(directory / "tokenizer.json", whole, path)
    return config


def unmet_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """The ids of special tokens, which no text becomes: they need no embedding to read texts.

    Args:
        tokenizer: Any of transformers.
    """
    return {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}


def check_vocabulary(path: Path) -> None:
    """Refuses a ``vocab.txt`` that is none.

    Args:
        path: The file.

    Raises:
        DataError: If it is empty, too large, no regular file, or not UTF-8.
    """
    content = _read(path)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 ({error}): take the file that came with the model") from None
    if b"\0" in content:
        raise DataError(f"{path} has NUL characters, as UTF-16 read as UTF-8: save it as UTF-8")


def check_model(path: Path) -> None:
    """Refuses a ``.model`` file that SentencePiece cannot load.

    Args:
        path: The file.

    Raises:
        DataError: If it is empty, too large, no regular file, or no model.
    """
    try:
        sentencepiece_check.load(_read(path))
    except ValueError as error:
        raise DataError(
            f"{path} is no SentencePiece model ({error}): take the file that came with the model"
        ) from error


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise DataError(f"{path} is no regular file: copy it again")
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise DataError(f"{path} has {size:,} bytes, which no vocabulary has: copy it again, whole")
    return path.read_bytes()


def _for_version_4(directory: Path, config: dict[str, Any]) -> Path:
    """A folder that transformers 4 reads as 5 does, its own files alone; the same one where that is so already.

    It stays until the process ends, since slow tokenizers remember where their files are.
    """
    more = config.get("extra_special_tokens")
    name = config.get("tokenizer_class")
    if not isinstance(more, list) and name not in classes.OF_VERSION_5 and not _PATHS & config.keys():
        return directory
    changed = {key: value for key, value in config.items() if key not in _ONLY_IN_VERSION_5 | _PATHS}
    if isinstance(more, list):
        del changed["extra_special_tokens"]
        changed["additional_special_tokens"] = [*(changed.get("additional_special_tokens") or []), *more]
    if name in classes.OF_VERSION_5:
        changed["tokenizer_class"] = classes.OF_VERSION_5[name]
    copy = Path(tempfile.mkdtemp(prefix="tfx-bert-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for path in {path for pattern in SMALL_FILES for path in directory.glob(pattern)}:
        if path.is_file() and not path.name.endswith(".index.json"):
            shutil.copyfile(path, copy / path.name)
    (copy / config_file.CONFIG).write_text(json.dumps(changed), encoding="utf-8")
    return copy
