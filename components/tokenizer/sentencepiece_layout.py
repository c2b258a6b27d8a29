"""Which id every piece of a SentencePiece model has in the tokenizer made of it."""

from dataclasses import dataclass, field

import numpy as np
import sentencepiece

from components.tokenizer.train_sentencepiece import SPECIALS


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
    special: tuple[str, str, str, str, str] = SPECIALS
    ids: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))


def plain_layout(model: bytes) -> SentencePieceLayout:
    """Takes the ids of a model as they are, if the special tokens are its first five pieces; else puts them before.

    A model that somebody else trained may lack ``[CLS]``, ``[SEP]``, ``[MASK]`` or ``<pad>``, for which it then has no ids.
    They get the ids 0 to 4, the pieces of the model follow in their order, and its own control symbols lose their ids.

    Args:
        model: The serialized model.

    Returns:
        The layout.
    """
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
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
