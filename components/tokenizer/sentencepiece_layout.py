"""Which id every piece of a SentencePiece model has in the tokenizer made of it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sentencepiece
from transformers import PreTrainedTokenizerBase

from components.errors import ConfigError
from components.tokenizer.train_sentencepiece import SPECIALS

_ROLES = ("pad", "unk", "cls", "sep", "mask")


@dataclass(frozen=True)
class SentencePieceLayout:
    """A model and the ids of its pieces.

    Attributes:
        model: The serialized model.
        pieces: All pieces in order of our ids.
        special: The special tokens: padding, unknown, before a text, after it, mask.
        ids: int32, the model's id to ours; empty if they are the same.
    """

    model: bytes
    pieces: list[str]
    special: tuple[str, ...] = SPECIALS
    ids: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))

    def is_reserved(self, index: int) -> bool:
        """Whether no text has the id: it is that of a special token or of a control symbol."""
        processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        own = processor.piece_to_id(self.pieces[index])
        return self.pieces[index] in self.special or processor.is_control(own) or processor.is_unknown(own)


def plain_layout(model: bytes) -> SentencePieceLayout:
    """Takes the ids of a model as they are, if the special tokens are its first five pieces; else puts them before.

    A model that somebody else trained may lack ``[CLS]``, ``[SEP]``, ``[MASK]`` or ``<pad>``, and then has no ids for
    them. They get the ids 0 to 4, the pieces of the model follow in their order, and its own control symbols lose
    their ids.

    Args:
        model: The serialized model.

    Returns:
        The layout.

    Raises:
        ConfigError: If it is no SentencePiece model.
    """
    processor = _processor(model)
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    if tuple(pieces[: len(SPECIALS)]) == SPECIALS:
        return SentencePieceLayout(model, pieces)
    ids, kept = [], list(SPECIALS)
    for index, piece in enumerate(pieces):
        if processor.is_control(index) or processor.is_unknown(index):
            ids.append(SPECIALS.index(piece) if piece in SPECIALS else SPECIALS.index("<unk>"))
        else:
            ids.append(len(kept))
            kept.append(piece)
    return SentencePieceLayout(model, kept, ids=np.array(ids, np.int32))


def hugging_face_layout(tokenizer: PreTrainedTokenizerBase) -> SentencePieceLayout:
    """Takes the ids that one of transformers' slow tokenizers gives, for example XLM-R's, which are one higher.

    Args:
        tokenizer: One that passes text to its SentencePiece model as it is.

    Returns:
        The layout.

    Raises:
        ConfigError: If the tokenizer lower-cases or splits text before that, or lacks a special token.
    """
    for option in ("do_lower_case", "split_by_punct"):
        if getattr(tokenizer, option, False):
            raise ConfigError("tokenizer.source", f"{type(tokenizer).__name__} with {option} is not supported")
    special = tuple(getattr(tokenizer, f"{role}_token") for role in _ROLES)
    missing = [role for role, token in zip(_ROLES, special, strict=True) if token is None]
    if missing:
        raise ConfigError("tokenizer.source", f"the tokenizer has no {missing[0]} token")
    model = Path(tokenizer.vocab_file).read_bytes()
    processor = _processor(model)
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    ids = np.array(tokenizer.convert_tokens_to_ids(pieces), np.int32)
    ids[processor.unk_id()] = tokenizer.unk_token_id
    return SentencePieceLayout(model, tokenizer.convert_ids_to_tokens(range(len(tokenizer))), special, ids)


def _processor(model: bytes) -> sentencepiece.SentencePieceProcessor:
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=model)
    except RuntimeError as error:
        raise ConfigError("tokenizer.source", "the .model file is no SentencePiece model") from error
