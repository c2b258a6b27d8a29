"""Refuses a ``tokenizer.json`` whose vocabulary is not the one in the file beside it.

``AutoTokenizer`` takes ids from the ``tokenizer.json``, older programs from the other file. Which one an encoder was
trained with cannot be told from here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentencepiece import sentencepiece_model_pb2

from components.errors import DataError, shortened
from components.tokenizer.support import first_difference

_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece
_MET_IN_TEXTS = (_Piece.NORMAL, _Piece.USER_DEFINED, _Piece.BYTE)


def check_rows(path: Path, content: Mapping[str, Any], vocabulary: Path) -> None:
    """Compares with a ``vocab.txt``, where the number of a row is the id.

    Args:
        path: The ``tokenizer.json``.
        content: What it says.
        vocabulary: The ``vocab.txt``.

    Raises:
        DataError: If a row has another id.
    """
    ids = _model(content).get("vocab")
    if _model(content).get("type") != "WordPiece" or not isinstance(ids, dict):
        return
    with vocabulary.open(encoding="utf-8") as file:
        rows = {line.rstrip("\n"): number for number, line in enumerate(file)}  # of a repeated row the last counts
    added = _added(content)
    for piece in [*rows, *ids]:
        # Blank rows, as at the end of a file, are no words.
        if piece.strip() and piece not in added and rows.get(piece) != ids.get(piece):
            raise _contradiction(path, vocabulary, piece, ids.get(piece), rows.get(piece))


def check_model(path: Path, content: Mapping[str, Any], model: Path) -> None:
    """Compares with a SentencePiece model: the same pieces in the same order, whatever their ids.

    Args:
        path: The ``tokenizer.json``.
        content: What it says.
        model: A file that is a SentencePiece model.

    Raises:
        DataError: If the pieces that texts can have are others, or in another order.
    """
    listed = _model(content).get("vocab")
    if _model(content).get("type") == "Unigram" and isinstance(listed, list):
        words = [entry[0] for entry in listed if isinstance(entry, list) and entry and isinstance(entry[0], str)]
    elif _model(content).get("type") == "BPE" and isinstance(listed, dict):
        words = sorted(listed, key=lambda word: str(listed[word]).zfill(10))
    else:
        return
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.read_bytes())
    others = {piece.piece for piece in proto.pieces if piece.type not in _MET_IN_TEXTS} | _added(content)
    pieces = [piece.piece for piece in proto.pieces if piece.piece not in others]
    words = [word for word in words if word not in others]
    if words != pieces:
        at = first_difference(words, pieces)
        one, other = (repr(shortened(texts[at])) if at < len(texts) else "no more" for texts in (words, pieces))
        raise DataError(
            f"{path} contradicts {model.name} beside it: of the pieces that texts can have, number {at} is {one} in "
            f"tokenizer.json (model.vocab) and {other} in {model.name}: {_REMEDY}"
        )


_REMEDY = "take both files from the same model, or remove the one that is not the model's"


def _contradiction(path: Path, other: Path, piece: str, one: Any, two: Any) -> DataError:
    ids = ["no id" if index is None else f"id {index}" for index in (one, two)]
    return DataError(
        f"{path} contradicts {other.name} beside it: {shortened(piece)!r} has {ids[0]} in tokenizer.json (model.vocab) "
        f"and {ids[1]} in {other.name}: {_REMEDY}"
    )


def _model(content: Mapping[str, Any]) -> Mapping[str, Any]:
    model = content.get("model")
    return model if isinstance(model, dict) else {}


def _added(content: Mapping[str, Any]) -> set[str]:
    added = content.get("added_tokens")
    return {
        token["content"]
        for token in (added if isinstance(added, list) else [])
        if isinstance(token, dict) and isinstance(token.get("content"), str)
    }
