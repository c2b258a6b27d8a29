"""What tf.Transform does to raw examples: the text graph, and a vocabulary of labels."""

from typing import Any, TypeAlias

import tensorflow as tf
import tensorflow_transform as tft

from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.text_transform.label_vocabulary import LABEL_VOCABULARY

Tensor: TypeAlias = tf.Tensor | tf.SparseTensor


def preprocessing_fn(inputs: dict[str, Tensor], custom_config: dict[str, Any]) -> dict[str, Tensor]:
    """Turns raw features into what models read.

    Args:
        inputs: ``text`` and ``id``, and ``label`` if labelled, as the schema has them: one bytes value each, any number
            of a multi-label ``label``; ``group`` where the schema names it, one value or none.
        custom_config: ``tokenizer`` (directory), ``labelled``; if labelled ``multi_label``, ``max_length`` and ``cut``
            (a `CutConfig`).

    Returns:
        ``input_ids`` (sparse int64, which is stored without padding; a labelled text is cut),
        ``token_count`` (int64: tokens of the whole text, special ones aside; 0 marks a text that cleaning left empty),
        ``text`` and ``id`` as they were, and ``label_id`` (int64, sparse if multi-label) if labelled: labels are
        numbered by their frequency in the train split, the most frequent is 0, and equally frequent ones from the end
        of the alphabet; ``group`` if labelled and in the schema, empty where a row has none.
    """
    directory = custom_config["tokenizer"]
    labelled = custom_config["labelled"]
    graph = tft.make_and_track_object(lambda: TextGraph.load(directory), name="text_graph")
    text = _single(inputs["text"])
    tokens = graph.encode(text)
    length = (custom_config["max_length"], CutConfig(**custom_config["cut"])) if labelled else ()
    ids = graph.add_special_tokens(tokens, *length)
    outputs = {
        "input_ids": tf.cast(ids, tf.int64).to_sparse(),
        "token_count": tf.cast(tokens.row_lengths(), tf.int64),
        "text": text,
        "id": _single(inputs["id"]),
    }
    if labelled:
        outputs["label_id"] = tft.compute_and_apply_vocabulary(
            inputs["label"] if custom_config["multi_label"] else _single(inputs["label"]),
            vocab_filename=LABEL_VOCABULARY,
            fingerprint_shuffle=False,
        )
        if "group" in inputs:
            outputs["group"] = _single(inputs["group"])
    return outputs


def _single(feature: Tensor) -> tf.Tensor:
    """Gives the one value of each row, (N,), of a dense or sparse feature; that of a row without one is empty."""
    if not isinstance(feature, tf.SparseTensor):
        return tf.reshape(feature, [-1])
    # A batch in which no row has a value is 0 wide.
    return tf.sparse.to_dense(tf.sparse.reset_shape(feature, [tf.shape(feature)[0], 1]))[:, 0]
