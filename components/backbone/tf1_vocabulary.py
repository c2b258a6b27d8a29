"""The vocabulary beside a TF1 checkpoint: a piece's place in it is the row of the embedding table."""

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from components.backbone import tf1_files
from components.errors import ConfigError, DataError
from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.reference import check_model, check_vocabulary

WORDPIECE_TOKENS = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
# In order of preference. Google's code pads with id 0, whatever piece that is, and padding is never looked at: any
# control symbol that is not used otherwise will do.
SENTENCEPIECE_TOKENS = {
    "cls": ("[CLS]", "<cls>"),
    "sep": ("[SEP]", "<sep>"),
    "mask": ("[MASK]", "<mask>"),
    "pad": ("[PAD]", "<pad>", "<s>", "</s>"),
}
BRACKETED = re.compile(r"\[.+\]")


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary.

    Attributes:
        pieces: In order of ids.
        tokens: The special tokens by role: pad, unk, cls, sep, mask.
        lowercase: Whether text is lower-cased before it is split; None for SentencePiece, whose model knows.
    """

    pieces: list[str]
    tokens: dict[str, str]
    lowercase: bool | None

    @property
    def ids(self) -> dict[str, int]:
        """The ids of the special tokens by role."""
        last = {piece: index for index, piece in enumerate(self.pieces)}  # of a piece that is there twice
        return {role: last[token] for role, token in self.tokens.items()}


def read(path: Path, lowercase: bool | None) -> Vocabulary:
    """Reads a vocabulary.

    Args:
        path: ``vocab.txt``, or a SentencePiece model.
        lowercase: Whether a ``vocab.txt`` is for lower-cased text; None: if it could not be for other.

    Returns:
        The vocabulary.

    Raises:
        DataError: If it is broken, or lacks a special token.
        ConfigError: If ``lowercase`` is set for a SentencePiece model.
    """
    if path.name == tf1_files.WORDPIECE:
        return _read_wordpiece(path, lowercase)
    if lowercase is not None:
        raise ConfigError(
            "backbone.lowercase",
            f"{str(lowercase).lower()} is for a vocab.txt; the vocabulary is {path}: leave it out, and for a model "
            "that was trained on lower-cased text put lower into text.cleaning",
        )
    return _read_sentencepiece(path)


def write_tokenizer(path: Path, vocabulary: Vocabulary, directory: Path) -> None:
    """Writes the tokenizer of a vocabulary, text graph included, with the ids that the checkpoint was trained with.

    Args:
        path: The file that the vocabulary was read from.
        vocabulary: The vocabulary.
        directory: Where to write.

    Raises:
        ConfigError: If it cannot be taken over.
    """
    if vocabulary.lowercase is not None:
        config = TokenizerConfig(kind="import", lowercase=vocabulary.lowercase)
        import_tokenizer(path, directory, config, TextConfig())
        return
    with tempfile.TemporaryDirectory() as temporary:
        _write_big_bird(Path(temporary), path, vocabulary)
        import_tokenizer(temporary, directory, TokenizerConfig(kind="import"), TextConfig())


def _read_wordpiece(path: Path, lowercase: bool | None) -> Vocabulary:
    check_vocabulary(path)
    with path.open(encoding="utf-8") as file:
        pieces = [line.rstrip("\n") for line in file]
    missing = [token for token in WORDPIECE_TOKENS.values() if token not in pieces]
    if missing:
        raise DataError(f"{path} has no line {', '.join(missing)}: take the vocab.txt that came with the checkpoint")
    return Vocabulary(pieces, WORDPIECE_TOKENS, is_lowercase(pieces) if lowercase is None else lowercase)


def is_lowercase(pieces: list[str]) -> bool:
    """Tells a vocabulary for lower-cased text from one for text as it is.

    Args:
        pieces: All pieces; ``[UNK]``, ``[unused1]`` and the like do not count.

    Returns:
        Whether lower-casing leaves every piece as it is. (There are capitals that have no small letter, such as ℝ.)
    """
    return all(piece == piece.lower() for piece in pieces if not BRACKETED.fullmatch(piece))


def _read_sentencepiece(path: Path) -> Vocabulary:
    check_model(path)
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    pieces = [model.id_to_piece(index) for index in range(model.get_piece_size())]
    tokens = {"unk": pieces[model.unk_id()]}
    for role, names in SENTENCEPIECE_TOKENS.items():
        found = [name for name in names if name in pieces]
        if not found:
            raise DataError(
                f"{path} has none of the pieces {', '.join(names)}, one of which BERT needs: take the model that the "
                "checkpoint was trained with"
            )
        tokens[role] = found[0]
    return Vocabulary(pieces, tokens, None)


def _write_big_bird(directory: Path, model: Path, vocabulary: Vocabulary) -> None:
    """Writes the model as BigBird's tokenizer, which keeps its ids and takes special tokens from among its pieces."""
    (directory / "spiece.model").write_bytes(model.read_bytes())
    names = {f"{role}_token": token for role, token in vocabulary.tokens.items()}
    ends = {"bos_token": vocabulary.tokens["cls"], "eos_token": vocabulary.tokens["sep"]}
    config = {"tokenizer_class": "BigBirdTokenizer", **names, **ends}
    (directory / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
