"""Small changes to SentencePiece models, which are protocol buffers."""

from collections.abc import Collection, Mapping

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from components.errors import ConfigError
from components.text_transform import sentencepiece_check
from components.tokenizer.charsmap import put_before, read_charsmap, write_charsmap
from components.tokenizer.support import KEY

_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece
_MATCHED = (_Piece.NORMAL, _Piece.USER_DEFINED)


def load(model: bytes) -> sentencepiece.SentencePieceProcessor:
    """Loads a model.

    Args:
        model: The serialized model.

    Returns:
        The library's tokenizer.

    Raises:
        ConfigError: If it is no SentencePiece model.
    """
    try:
        return sentencepiece_check.load(model)
    except ValueError as error:
        raise ConfigError(KEY, "the .model file is no SentencePiece model") from error


def reserve(model: bytes, names: Collection[str]) -> bytes:
    """Makes pieces control symbols, which no text becomes.

    Args:
        model: The serialized model.
        names: Pieces; those that the model does not have are passed over.

    Returns:
        The model; the very same if none of the pieces could be met in a text.
    """
    proto = _parse(model)
    met = [piece for piece in proto.pieces if piece.piece in names and piece.type in _MATCHED]
    for piece in met:
        piece.type = _Piece.CONTROL
    return proto.SerializeToString() if met else model


def without_dummy_prefix(model: bytes) -> bytes:
    """Has a model put no space of its own before a text.

    Args:
        model: The serialized model.

    Returns:
        The model.
    """
    proto = _parse(model)
    proto.normalizer_spec.add_dummy_prefix = False
    return proto.SerializeToString()


def replace_first(model: bytes, mapping: Mapping[int, str]) -> bytes:
    """Has a model replace characters before it normalizes by its own rules.

    Args:
        model: The serialized model.
        mapping: Code point to the string that takes its place.

    Returns:
        The model; the very same if it replaces these characters so already. See
        `components.tokenizer.charsmap.put_before` for what it cannot do.
    """
    proto = _parse(model)
    table = read_charsmap(proto.normalizer_spec.precompiled_charsmap)
    if all(table.get(chr(codepoint)) == image for codepoint, image in mapping.items()):
        return model
    proto.normalizer_spec.precompiled_charsmap = write_charsmap(put_before(mapping, table))
    for piece in proto.pieces:
        # SentencePiece looks for these before it normalizes, where the replaced characters would still be met.
        if piece.type == _Piece.USER_DEFINED and piece.piece.translate(mapping) != piece.piece:
            piece.type = _Piece.UNUSED
    return proto.SerializeToString()


def _parse(model: bytes) -> sentencepiece_model_pb2.ModelProto:
    return sentencepiece_model_pb2.ModelProto.FromString(model)
