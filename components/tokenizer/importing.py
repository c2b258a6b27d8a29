"""Taking over the tokenizer of somebody else's model."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from transformers import BertTokenizerFast, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from components.errors import ConfigError, DataError
from components.text_transform.config import TextConfig
from components.text_transform.spec import SPEC_FILE, read_spec
from components.tokenizer import agreement, reference
from components.tokenizer.albert import albert_options
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.directory import write_sentencepiece, write_text_options, write_wordpiece
from components.tokenizer.families import write_albert, write_t5
from components.tokenizer.sentencepiece_layout import BERT_ROLES, T5_ROLES, hugging_face_layout, plain_layout
from components.tokenizer.support import KEY, unsupported

_NEEDED = ("pad", "unk", "cls", "sep")
_MARKED = re.compile("\ufeff")
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
        ConfigError: If the source is not there, or holds a tokenizer of an unsupported kind. What was written until
            then is of no use.
        DataError: If a file of the source is damaged or contradicts another, or the source has code of its own.
    """
    path = Path(source).expanduser()
    if path.is_file():
        _import_file(path, directory, config, text)
    elif (path / SPEC_FILE).exists():
        _import_own(path, Path(directory), text)
    else:
        _import_hugging_face(reference.resolve(str(path if path.is_dir() else source)), directory, text)


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
        reference.check_vocabulary(path)
        _check_special_lines(path, [f"[{role.upper()}]" for role in _NEEDED])
        tokenizer = wordpiece_tokenizer(path, config)
        write_wordpiece(directory, tokenizer, text)
        agreement.check_graph(directory, tokenizer, path)
    elif path.suffix == ".model":
        reference.check_model(path)
        write_sentencepiece(directory, plain_layout(path.read_bytes()), text)
    else:
        raise ConfigError(KEY, f"{path}: expected a vocab.txt (WordPiece) or a .model file (SentencePiece)")


def _check_special_lines(path: Path, tokens: list[str]) -> None:
    with path.open(encoding="utf-8") as file:
        lines = {line.rstrip("\n") for line in file}
    if missing := [token for token in tokens if token not in lines]:
        mark = "; it begins with a byte order mark, so save it without" if any(map(_MARKED.match, lines)) else ""
        raise DataError(f"{path} has no line {', '.join(missing)}{mark}: take the vocab.txt that came with the model")


def _import_own(path: Path, directory: Path, text: TextConfig) -> None:
    reference.check_files(path)
    spec, tables = read_spec(path)
    directory.mkdir(parents=True, exist_ok=True)
    for name in _OWN_FILES:
        if (path / name).is_file():
            shutil.copyfile(path / name, directory / name)
    write_text_options(directory, spec, tables, text)


def _import_hugging_face(source: Path, directory: str | Path, text: TextConfig) -> None:
    try:
        slow = reference.load(source, use_fast=False)
    except DataError:
        slow = None  # its vocabulary may be in the tokenizer.json alone, which only fast tokenizers read
    if type(slow).__name__ in _FAMILIES:
        if (source / "tokenizer.json").is_file():
            fast = reference.load(source, use_fast=True)
            if isinstance(fast, PreTrainedTokenizerFast):
                agreement.check_fast(slow, fast, source / "tokenizer.json")
        _FAMILIES[type(slow).__name__](slow, directory, text)
        agreement.check_graph(directory, slow, source)
        return
    if hasattr(slow, "sp_model"):
        raise unsupported(f"{type(slow).__name__}")
    fast = reference.load(source, use_fast=True)
    if not isinstance(fast, PreTrainedTokenizerFast):
        raise unsupported(f"{type(fast).__name__}")
    if (source / "vocab.txt").is_file() and not (source / "tokenizer.json").is_file():
        # What has no line gets an id beyond them, for which no encoder has an embedding.
        tokens = [getattr(fast, f"{role}_token") for role in _NEEDED]
        _check_special_lines(source / "vocab.txt", [token for token in tokens if token is not None])
    write_wordpiece(directory, fast, text)
    agreement.check_graph(directory, fast, source)


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
