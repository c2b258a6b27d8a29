"""Which id every piece of a SentencePiece model has in the tokenizer made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from transformers import AddedToken, PreTrainedTokenizerBase

from components.errors import ConfigError, shortened
from components.tokenizer.sentencepiece_model import load, reserve
from components.tokenizer.support import KEY

BERT_ROLES = ("pad", "unk", "cls", "sep", "mask")
T5_ROLES = ("pad", "unk", "eos")

_NAMES = {
    "pad": ("<pad>", "[PAD]"),
    "cls": ("[CLS]", "<cls>", "<s>"),
    "sep": ("[SEP]", "<sep>", "</s>"),
    "mask": ("[MASK]", "<mask>"),
}
"""What special tokens are called, the usual name first."""
_MOST_PER_PIECE = 2
_MOST_MORE = 1000
"""Ids without a piece: some for each piece, and some more."""
_NO_PIECE = "\U0010fffd\U0010fffe"


@dataclass(frozen=True)
class SentencePieceLayout:
    """A model and the ids of its pieces.

    Attributes:
        model: The serialized model; it makes no special token of any text.
        pieces: All pieces in order of our ids.
        special: The special tokens by role: pad, unk, and cls, sep, mask or eos.
        special_ids: Their ids.
        more_special: Special tokens without a role, by id, for example ``<extra_id_0>``.
        ids: int32, the model's id to ours; empty if they are the same.
    """

    model: bytes
    pieces: list[str]
    special: dict[str, AddedToken]
    special_ids: dict[str, int]
    more_special: dict[int, AddedToken] = field(default_factory=dict)
    ids: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))


def plain_layout(model: bytes) -> SentencePieceLayout:
    """Takes the ids of a model as they are; special tokens that it lacks get ids after its own.

    Special tokens are found by their usual names, among them ``<s>`` and ``</s>``, which stand before and after a text
    where there is no ``[CLS]`` and ``[SEP]``.

    Args:
        model: The serialized model.

    Returns:
        The layout.

    Raises:
        ConfigError: If it is no SentencePiece model.
    """
    processor = load(model)
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    names = {"unk": pieces[processor.unk_id()]}
    for role, usual in _NAMES.items():
        names[role] = next((name for name in usual if name in pieces), usual[0])
        if names[role] not in pieces:
            pieces.append(names[role])
    return SentencePieceLayout(
        reserve(model, list(names.values())),
        pieces,
        {role: _special(name) for role, name in names.items()},
        {role: pieces.index(name) for role, name in names.items()},
    )


def hugging_face_layout(tokenizer: PreTrainedTokenizerBase, model: bytes, roles: Sequence[str]) -> SentencePieceLayout:
    """Takes the ids that one of transformers' slow tokenizers gives, for example XLM-R's, which are one higher.

    Args:
        tokenizer: The tokenizer.
        model: Its model.
        roles: The special tokens that it must have.

    Returns:
        The layout.

    Raises:
        ConfigError: If the tokenizer lacks a special token, or has words that were added to its model.
    """
    processor = load(model)
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    check_added(tokenizer)
    added: dict[int, AddedToken] = tokenizer.added_tokens_decoder
    tokens = {role: getattr(tokenizer, f"{role}_token") for role in roles}
    missing = [role for role, token in tokens.items() if token is None]
    if missing:
        raise no_token(missing[0])
    special_ids = {role: tokenizer.convert_tokens_to_ids(token) for role, token in tokens.items()}
    special_ids["unk"] = tokenizer.convert_tokens_to_ids(_NO_PIECE)
    ids = np.array(tokenizer.convert_tokens_to_ids(pieces), np.int32)
    ids[processor.unk_id()] = special_ids["unk"]
    return SentencePieceLayout(
        reserve(model, tokenizer.all_special_tokens),
        pieces_by_id(tokenizer.get_vocab()),
        {
            role: added.get(index) or _special(tokenizer.convert_ids_to_tokens(index))
            for role, index in special_ids.items()
        },
        special_ids,
        {index: token for index, token in added.items() if token.special and index not in special_ids.values()},
        ids if (ids != np.arange(len(ids))).any() else np.zeros(0, np.int32),
    )


def pieces_by_id(vocabulary: Mapping[str, int], size: int = 0) -> list[str]:
    """Orders a vocabulary.

    Args:
        vocabulary: Piece to id.
        size: Ids at least.

    Returns:
        A piece for every id; one that cannot be met in a text where the vocabulary has none.

    Raises:
        ConfigError: If two pieces have the same id, or ids go far beyond the number of pieces.
    """
    last = max(vocabulary.values(), default=-1)
    if last > _MOST_PER_PIECE * len(vocabulary) + _MOST_MORE:
        piece = next(piece for piece, index in vocabulary.items() if index == last)
        raise ConfigError(
            KEY,
            f"the vocabulary has {len(vocabulary):,} pieces, but the id of {shortened(piece)!r} is {last:,}: take the "
            "tokenizer.json and added_tokens.json that came with the model",
        )
    # An id has no piece if a vocabulary file had one twice: its last id counts.
    by_id = {index: piece for piece, index in vocabulary.items()}
    if len(by_id) < len(vocabulary):
        # Fast tokenizers give their vocabulary in another order each time, and the message is to be the same.
        index = min(index for piece, index in vocabulary.items() if by_id[index] != piece)
        one, other, *_ = sorted(piece for piece, its in vocabulary.items() if its == index)
        raise ConfigError(
            KEY,
            f"the vocabulary gives id {index} to both {shortened(one)!r} and {shortened(other)!r}: take the "
            "tokenizer.json and added_tokens.json that came with the model",
        )
    return [by_id.get(index, f"[unused id {index}]") for index in range(max(size, last + 1))]


def check_added(tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuses words that were added to a tokenizer besides its model: the text graph would not find them.

    A word that is a piece of the model is no exception. transformers cuts it out of texts before the model sees them.

    Args:
        tokenizer: The tokenizer.

    Raises:
        ConfigError: If there are such words.
    """
    words = [token.content for token in tokenizer.added_tokens_decoder.values() if not token.special]
    # With split_special_tokens slow tokenizers look for no added tokens, but fast ones still for those not special.
    if words and (tokenizer.is_fast or not tokenizer.split_special_tokens):
        raise ConfigError(
            KEY,
            f"{len(words)} words were added to the tokenizer, such as {shortened(words[0])!r} (added_tokens_decoder in "
            "tokenizer_config.json, or added_tokens in tokenizer.json); supported are tokenizers whose added tokens "
            "are all special",
        )


def no_token(role: str) -> ConfigError:
    """Makes the error for a special token that is missing.

    Args:
        role: What it is for: pad, unk, cls, sep, mask or eos.
    """
    return ConfigError(
        KEY, f"the tokenizer has no {role} token: set {role}_token in its tokenizer_config.json, or take another"
    )


def _special(name: str) -> AddedToken:
    return AddedToken(name, normalized=False, special=True)
