"""Taking over the tokenizer of somebody else's model."""

import shutil
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, BertTokenizerFast, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.spec import SPEC_FILE, read_spec
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.directory import write_sentencepiece, write_text_options, write_wordpiece
from components.tokenizer.sentencepiece_layout import hugging_face_layout, plain_layout

_KEY = "tokenizer.source"
_SENTENCEPIECE_CLASSES = ("DebertaV2Tokenizer", "XLMRobertaTokenizer", "BigBirdTokenizer")
_OWN_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "sentencepiece.bpe.model",
    "dict.txt",
)


def import_tokenizer(source: str | Path, directory: str | Path, config: TokenizerConfig, text: TextConfig) -> None:
    """Writes the tokenizer directory for an existing vocabulary.

    Args:
        source: A Hugging Face directory or Hub name, a tokenizer or backbone directory that tfx-bert wrote, a
            ``vocab.txt``, or a SentencePiece ``.model`` file.
        directory: Where to write; made if it is not there.
        config: For a bare ``vocab.txt``, how it splits and lower-cases.
        text: Cleaning and stop words.

    Raises:
        ConfigError: If the source is not there, or holds a tokenizer of an unsupported kind.
    """
    path = Path(source).expanduser()
    if path.is_file():
        _import_file(path, directory, config, text)
    elif (path / SPEC_FILE).is_file():
        _import_own(path, Path(directory), text)
    else:
        _import_hugging_face(str(path if path.is_dir() else source), directory, text)


def wordpiece_tokenizer(vocabulary: Path, config: TokenizerConfig) -> BertTokenizerFast:
    """Makes transformers' tokenizer of a ``vocab.txt``.

    Args:
        vocabulary: The file.
        config: How it splits and lower-cases.

    Returns:
        The tokenizer.
    """
    return BertTokenizerFast(
        vocab_file=str(vocabulary),
        do_lower_case=config.lowercase,
        strip_accents=config.strip_accents,
        tokenize_chinese_chars=config.cjk_splitting,
    )


def _import_file(path: Path, directory: str | Path, config: TokenizerConfig, text: TextConfig) -> None:
    if path.suffix == ".txt":
        write_wordpiece(directory, wordpiece_tokenizer(path, config), text)
    elif path.suffix == ".model":
        write_sentencepiece(directory, plain_layout(path.read_bytes()), text)
    else:
        raise ConfigError(_KEY, f"{path}: expected a vocab.txt (WordPiece) or a .model file (SentencePiece)")


def _import_own(path: Path, directory: Path, text: TextConfig) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in _OWN_FILES:
        if (path / name).is_file():
            shutil.copyfile(path / name, directory / name)
    write_text_options(directory, *read_spec(path), text)


def _import_hugging_face(source: str, directory: str | Path, text: TextConfig) -> None:
    slow = _load(source, use_fast=False)
    if type(slow).__name__ in _SENTENCEPIECE_CLASSES:
        write_sentencepiece(directory, hugging_face_layout(slow), text)
        return
    fast = _load(source)
    if not isinstance(fast, PreTrainedTokenizerFast):
        raise ConfigError(_KEY, f"{source!r} holds a {type(fast).__name__}, which is not supported")
    write_wordpiece(directory, fast, text)


def _load(source: str, **options: Any) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError, ImportError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ConfigError(_KEY, f"no tokenizer can be loaded from {source!r}: {first_line}") from error
