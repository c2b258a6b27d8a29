"""The served model: raw text in, labels out, one SavedModel."""

from collections.abc import Callable, Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.expected_answers import spread_texts, write_expected
from components.feature_gen.chunks import combine
from components.feature_gen.config import Pooling
from components.feature_gen.encoder import encode
from components.text_transform.config import HEAD, CutConfig
from components.text_transform.graph import TextGraph
from components.text_transform.signature import SIGNATURE as TOKENIZE
from components.text_transform.signature import tokenize_signature
from components.trainer.example_signatures import CLASSIFY, TF_EXAMPLE, classification, rename_method, tf_example
from components.trainer.labels import write_labels
from components.trainer.ngrams.joining import Joint
from components.training.id_checks import drop_id_checks

_TEXTS = tf.TensorSpec([None], tf.string, name="text")


class TextClassifier(tf.Module):
    """Text graph, encoder, pooling and head as one module, and the n-gram model if there is one.

    Keras models stay in closures and only their variables are tracked: so the SavedModel has the signatures'
    functions and not, beside them, Keras' traces of every layer.

    Attributes:
        network: From raw texts, string of shape ``[n]``, n at least 1, to the network's logits ``[n, classes]``.
    """

    def __init__(
        self,
        text_graph: TextGraph,
        encoder: TFPreTrainedModel,
        head: tf_keras.Model,
        labels: list[str],
        pooling: Pooling,
        max_length: int | None,
        hidden_layers: int = 1,
        cut: CutConfig = HEAD,
        joint: Joint | None = None,
        threshold: float | None = None,
    ) -> None:
        """Joins the parts.

        Args:
            text_graph: Cleaning and tokenizing.
            encoder: From `components.feature_gen.encoder.load_encoder`.
            head: From features to logits.
            labels: Label texts by class number.
            pooling: The pooling that the head's features were made with.
            max_length: Most tokens of a text, or of each of its chunks, special tokens included.
            hidden_layers: Number of the encoder's last layers in the head's features.
            cut: What becomes of longer texts; the same that the head's features were made with.
            threshold: Lowest probability of a label that a text is given, if it may have several; None if each has one.
            joint: The n-gram model whose logits are added to the network's; None for the network alone.
        """
        super().__init__(name="text_classifier")
        drop_id_checks()  # else the graph depends on whether a network was trained in this process before
        self.text_graph, self.joint = text_graph, joint
        self.weights = [*encoder.variables, *head.variables]

        def encode_ids(ids: tf.RaggedTensor, pooling: Pooling) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
            lengths = tf.cast(ids.row_lengths(), tf.int32)
            padded = ids.to_tensor(text_graph.pad_id)
            return encode(encoder, padded, lengths, pooling, hidden_layers, without_padding=True)

        def features(texts: tf.Tensor, pooling: Pooling) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
            ids = text_graph.tokenize(texts, max_length, cut)
            if cut.long_documents != "chunks" or max_length is None:
                return encode_ids(ids, pooling)
            chunks = text_graph.chunks(ids, max_length, cut.chunk_overlap)
            return combine(encode_ids(chunks.values, pooling), chunks, pooling)

        def embed(texts: tf.Tensor) -> tf.Tensor:
            return features(texts, "mean" if pooling == "tokens" else pooling)

        def network(texts: tf.Tensor) -> tf.Tensor:
            return head(features(texts, pooling), training=False)

        def classify(texts: tf.Tensor) -> dict[str, tf.Tensor]:
            logits = network(texts)
            logits = joint(texts, logits) if joint else logits
            probabilities = tf.nn.softmax(logits) if threshold is None else tf.nn.sigmoid(logits)
            several = {} if threshold is None else {"chosen": probabilities >= threshold}
            return {
                "label": tf.gather(tf.constant(labels), tf.argmax(probabilities, axis=-1)),
                "score": tf.reduce_max(probabilities, axis=-1),
                "labels": tf.tile(tf.constant([labels]), [tf.shape(texts)[0], 1]),
                "probabilities": probabilities,
                **several,
            }

        self.network = network
        self.classify = _signature(lambda text: _rows(classify(_at_least_one(text)), text), _TEXTS)
        self.tokenize = tokenize_signature(text_graph, max_length, cut=cut)
        self.embed = _signature(lambda text: _rows({"embedding": embed(_at_least_one(text))}, text), _TEXTS)
        self.tf_example = tf_example(self.classify)
        self.classification = classification(self.classify)


def export(classifier: TextClassifier, labels: list[str], directory: str | Path, texts: Sequence[bytes] = ()) -> None:
    """Writes the SavedModel.

    Signatures, all with a free batch dimension, which may be 0:

    - ``serving_default``: ``text`` string ``[N]`` to ``label`` string ``[N]``, ``score`` float32 ``[N]``,
      ``labels`` string ``[N, K]`` and ``probabilities`` float32 ``[N, K]``, the last two in the order of the
      class numbers. Where a text may have several labels, ``chosen`` bool ``[N, K]`` too marks those that it is given.
    - ``tokenize``: see `components.text_transform.signature.tokenize_signature`.
    - ``embed``: ``text`` string ``[N]`` to ``embedding`` float32 ``[N, D]``: the encoder's vectors, pooled as for
      the head; their mean, if the head reads the tokens themselves. It does not depend on the head.
    - ``tf_example``: ``examples`` string ``[N]``, serialized Examples with a feature ``text``, to the outputs of
      ``serving_default``.
    - ``classify``: for TF Serving's Classification API, see `components.trainer.example_signatures.classification`.

    Args:
        classifier: The module to save.
        labels: Label texts by class number; kept readable in ``assets.extra/labels.json``.
        directory: Where to write, local or remote; made if it is not there.
        texts: Raw texts, some of whose answers are kept in the model, see `components.expected_answers`.
    """
    chosen = spread_texts(texts)
    expected = classifier.classify(tf.constant(chosen))["probabilities"].numpy() if chosen else None
    signatures = {
        "serving_default": classifier.classify,
        TOKENIZE: classifier.tokenize,
        "embed": classifier.embed,
        TF_EXAMPLE: classifier.tf_example,
        CLASSIFY: classifier.classification,
    }
    tf.saved_model.save(classifier, str(directory), signatures=signatures)
    rename_method(str(directory))
    write_labels(directory, labels)
    if expected is not None:
        write_expected(directory, chosen, expected)


def _signature(
    function: Callable[[tf.Tensor], dict[str, tf.Tensor]], spec: tf.TensorSpec
) -> tf.types.experimental.PolymorphicFunction:
    # Nothing here needs AutoGraph, and letting it look through transformers takes longer than tracing.
    return tf.function(function, input_signature=[spec], autograph=False)


def _at_least_one(texts: tf.Tensor) -> tf.Tensor:
    """Adds an empty text to an empty batch: an encoder's reshapes cannot infer a dimension of nothing."""
    return tf.concat([texts, tf.fill([tf.cast(tf.equal(tf.size(texts), 0), tf.int32)], "")], axis=0)


def _rows(outputs: dict[str, tf.Tensor], texts: tf.Tensor) -> dict[str, tf.Tensor]:
    return {name: value[: tf.shape(texts)[0]] for name, value in outputs.items()}
