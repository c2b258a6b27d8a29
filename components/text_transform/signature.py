"""The signature ``tokenize`` of our SavedModels: what the model reads of a raw text."""

import tensorflow as tf

from components.text_transform.config import HEAD, CutConfig
from components.text_transform.graph import MASK_MARKER, TextGraph
from components.text_transform.markers import map_between

SIGNATURE = "tokenize"


def tokenize_signature(
    graph: TextGraph, max_length: int | None, masked: bool = False, cut: CutConfig = HEAD
) -> tf.types.experimental.PolymorphicFunction:
    """Makes the function that shows how a text is read.

    Args:
        graph: Cleaning and tokenizing.
        max_length: Most tokens of a text, special ones included; None: no limit.
        masked: Whether ``[MASK]`` in a raw text is the mask token.
        cut: What becomes of texts that are longer, which have no ``[MASK]``.

    Returns:
        From ``text``, string ``[N]``, to

        - ``cleaned``, string ``[N]``: the text after cleaning,
        - ``ids``, int32 ``[N, L]``: the token ids, filled up with the padding id,
        - ``pieces``, string ``[N, L]``: the tokens, filled up with empty strings,
        - ``length``, int32 ``[N]``: how many tokens there are,
        - ``unknown``, int32 ``[N]``: how many of them the vocabulary does not have.
    """

    def tokenize(text: tf.Tensor) -> dict[str, tf.Tensor]:
        if masked:
            cleaned, ids = map_between(text, MASK_MARKER, graph.clean), graph.tokenize_masked(text, max_length)
        else:
            cleaned, ids = graph.clean(text), graph.tokenize(text, max_length, cut)
        pieces = ids.with_flat_values(tf.gather(tf.constant(graph.pieces), ids.flat_values))
        return {
            "cleaned": cleaned,
            "ids": ids.to_tensor(graph.pad_id),
            "pieces": pieces.to_tensor(""),
            "length": tf.cast(ids.row_lengths(), tf.int32),
            "unknown": tf.reduce_sum(tf.cast(ids == graph.unk_id, tf.int32), axis=1),
        }

    spec = tf.TensorSpec([None], tf.string, name="text")
    return tf.function(tokenize, input_signature=[spec], autograph=False)
