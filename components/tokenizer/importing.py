"""Taking over the tokenizer of somebody else's model."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, BertTokenizerFast, PreTrainedTokenizerBase, PreTrainedTokenizerFast
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.spec import SPEC_FILE, read_spec
from components.tokenizer.albert import albert_options
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.directory import write_sentencepiece, write_text_options, write_wordpiece
from components.tokenizer.families import write_albert, write_t5
from components.tokenizer.sentencepiece_layout import BERT_ROLES, T5_ROLES, hugging_face_layout, plain_layout
from components.tokenizer.support import KEY, unsupported

_OWN_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm_char.model",
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
        raise ConfigError(KEY, f"{path}: expected a vocab.txt (WordPiece) or a .model file (SentencePiece)")


def _import_own(path: Path, directory: Path, text: TextConfig) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in _OWN_FILES:
        if (path / name).is_file():
            shutil.copyfile(path / name, directory / name)
    write_text_options(directory, *read_spec(path), text)


def _import_hugging_face(source: str, directory: str | Path, text: TextConfig) -> None:
    try:
        slow = _load(source, use_fast=False)
    except ConfigError:
        slow = None  # its vocabulary may be in the tokenizer.json alone, which only fast tokenizers read
    if type(slow).__name__ in _FAMILIES:
        _FAMILIES[type(slow).__name__](slow, directory, text)
        return
    if hasattr(slow, "sp_model"):
        raise unsupported(f"{type(slow).__name__}")
    fast = _load(source)
    if not isinstance(fast, PreTrainedTokenizerFast):
        raise unsupported(f"{type(fast).__name__}")
    write_wordpiece(directory, fast, text)


def _import_as_it_is(tokenizer: PreTrainedTokenizerBase, directory: str | Path, text: TextConfig) -> None:
    """For classes that give text to SentencePiece as it is, and put two special tokens around it."""
    for option in ("do_lower_case", "split_by_punct"):
        if getattr(tokenizer, option, False):
            raise unsupported(f"{type(tokenizer).__name__} with {option}")
    model = Path(tokenizer.vocab_file).read_bytes()
    write_sentencepiece(directory, hugging_face_layout(tokenizer, model, BERT_ROLES), text)


def _import_albert(tokenizer: PreTrainedTokenizerBase, directory: str | Path, text: TextConfig) -> None:
    options = albert_options(tokenizer)
    model = Path(getattr(tokenizer, "spm_file", None) or tokenizer.vocab_file).read_bytes()
    write_albert(directory, hugging_face_layout(tokenizer, model, BERT_ROLES), options, text)


def _import_t5(tokenizer: PreTrainedTokenizerBase, directory: str | Path, text: TextConfig) -> None:
    legacy = getattr(tokenizer, "legacy", True)
    if not legacy and not tokenizer.add_prefix_space:
        raise unsupported(f"{type(tokenizer).__name__} without add_prefix_space")
    if getattr(tokenizer, "normalize", False):
        raise unsupported(f"{type(tokenizer).__name__} with normalize")
    model = Path(tokenizer.vocab_file).read_bytes()
    write_t5(directory, hugging_face_layout(tokenizer, model, T5_ROLES), legacy, text)


# The last of each kind is what our own directories name.
_FAMILIES: dict[str, Callable[[PreTrainedTokenizerBase, str | Path, TextConfig], None]] = {
    "BigBirdTokenizer": _import_as_it_is,
    "DebertaV2Tokenizer": _import_as_it_is,
    "XLMRobertaTokenizer": _import_as_it_is,
    "BartphoTokenizer": _import_as_it_is,
    "AlbertTokenizer": _import_albert,
    "BertJapaneseTokenizer": _import_albert,
    "T5Tokenizer": _import_t5,
    "SpeechT5Tokenizer": _import_t5,
}


def _load(source: str, **options: Any) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except ImportError as error:
        name = get_tokenizer_config(source).get("tokenizer_class", "tokenizer")
        raise unsupported(f"{name} that cannot be loaded here ({_first_line(error)})") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(KEY, f"no tokenizer can be loaded from {source!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
