"""A SavedModel that fills masks: raw text in, the likeliest tokens out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf
from transformers import TFPreTrainedModel

from components.pretrainer.families import family_of
from components.text_transform.signature import SIGNATURE as TOKENIZE
from components.text_transform.signature import tokenize_signature

if TYPE_CHECKING:
    from components.text_transform.graph import TextGraph

TOP = 5
SIGNATURE = "fill_mask"


class FillMask(tf.Module):
    """Text graph and masked language model as one module.

    Keras stays in a closure and only its variables are tracked, so that the SavedModel does not hold a trace
    of every layer.
    """

    def __init__(self, network: TFPreTrainedModel, text_graph: TextGraph) -> None:
        """Joins the parts.

        Args:
            network: The masked language model from `load_network`, in float32.
            text_graph: Cleaning and tokenizing; its ids are those of the network.
        """
        super().__init__(name=SIGNATURE)
        self.text_graph = text_graph
        self.weights = list(network.variables)
        family, max_length = family_of(network.config.model_type), network.config.max_position_embeddings

        def predict(text: tf.Tensor) -> dict[str, tf.Tensor]:
            rows = tf.shape(text)[0]
            some = tf.concat([text, [""]], axis=0)  # the encoder's reshapes cannot infer sizes of nothing
            ids = tf.cast(text_graph.tokenize_masked(some, max_length).to_tensor(text_graph.pad_id), tf.int32)
            is_mask = tf.cast(ids == text_graph.mask_id, tf.int32)
            first = tf.argmax(is_mask, axis=1, output_type=tf.int32)[:, tf.newaxis]
            states = family.encode(network, ids, text_ids=tf.cast(ids != text_graph.pad_id, tf.int32))
            logits = family.predict_tokens(network, states, first)[
                :, 0, : text_graph.vocab_size
            ]  # it may have more rows
            top = tf.math.top_k(tf.nn.softmax(logits), TOP)
            found = tf.reduce_max(is_mask, axis=1, keepdims=True) > 0
            tokens = tf.where(found, tf.gather(tf.constant(text_graph.pieces), top.indices), "")
            scores = tf.where(found, top.values, 0.0)
            return {"tokens": tf.ensure_shape(tokens[:rows], [None, TOP]), "scores": scores[:rows]}

        spec = tf.TensorSpec([None], tf.string, name="text")
        self.fill_mask = tf.function(predict, input_signature=[spec], autograph=False)
        self.tokenize = tokenize_signature(text_graph, max_length, masked=True)


def export_fill_mask(network: TFPreTrainedModel, text_graph: TextGraph, directory: str | Path) -> None:
    """Writes the SavedModel.

    Its signature ``fill_mask`` takes ``text``, string ``(N,)``, UTF-8 with a literal ``[MASK]``, and gives
    ``tokens``, string ``(N, 5)``, and ``scores``, float32 ``(N, 5)``: the five likeliest tokens for the first
    ``[MASK]`` of each text with their probabilities, best first. A text without ``[MASK]`` among its first
    tokens (as many as the network has positions) gets empty tokens and scores of 0. The signature ``tokenize``
    is that of `components.text_transform.signature`.

    Args:
        network: The masked language model from `load_network`, in float32.
        text_graph: Cleaning and tokenizing.
        directory: Where to write, local or remote.
    """
    module = FillMask(network, text_graph)
    signatures = {SIGNATURE: module.fill_mask, TOKENIZE: module.tokenize}
    tf.saved_model.save(module, str(directory), signatures=signatures)
