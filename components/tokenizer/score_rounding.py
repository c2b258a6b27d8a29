"""Rounding the scores of a SentencePiece model, so that every version of the library segments alike.

A unigram model takes the segmentation with the highest sum of scores. Different orders of the same pieces, as ``!!``
and ``!!!`` in ``!!!!!``, have the same sum but for rounding, and versions of SentencePiece round differently: TF Text
and releases up to 0.2.0 compare sums in double precision, later ones in single. Scores that are multiples of 1/1024 add
up exactly in both, and then all versions take the same one.
"""

from sentencepiece import sentencepiece_model_pb2

GRID = 1024


def round_scores(model: bytes) -> bytes:
    """Rounds the scores of all pieces.

    Args:
        model: A serialized model.

    Returns:
        The same model with scores that are multiples of 1/1024.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    for piece in proto.pieces:
        piece.score = round(piece.score * GRID) / GRID
    return proto.SerializeToString()
