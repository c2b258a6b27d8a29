"""The masked language model: a Hugging Face BERT whose vocabulary projection sees the masked positions only.

``TFBertForMaskedLM`` projects every position onto the vocabulary, which costs most of a step of a small
model, while the loss needs about 15% of them. Here hidden states are gathered at the masked positions first;
the loss is the same number.
"""

from typing import Any

import tensorflow as tf
import tf_keras as keras
from transformers import BertConfig, TFBertForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary
from components.trainer.strategy import summed_over_replicas

HIDDEN_SCORE = -10_000.0  # what Hugging Face's BERT adds to the attention scores of positions that are not to be seen


def build_network(config: PretrainerConfig, vocabulary: Vocabulary) -> TFBertForMaskedLM:
    """Makes an untrained BERT.

    BERT's own standard deviation of 0.02 is made for 768 units: in narrow models it lets attention start so flat that
    learning stays at the frequencies of single tokens for a long time. Hence the default of 1 / sqrt(hidden_size).

    Args:
        config: Its sizes, and the seed of its weights.
        vocabulary: Number of ids and the padding id.

    Returns:
        A built model with float32 weights; its layers compute in the Keras mixed-precision policy that is set
        now.
    """
    keras.utils.set_random_seed(config.seed)
    network = TFBertForMaskedLM(
        BertConfig(
            vocab_size=vocabulary.size,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.intermediate_size,
            max_position_embeddings=config.max_positions,
            initializer_range=config.initializer_range or config.hidden_size**-0.5,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.dropout,
            pad_token_id=vocabulary.pad_id,
        )
    )
    network.build_in_name_scope()
    return network


def encode(
    network: TFBertForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """Runs the encoder on blocks of several texts, each of which sees itself only.

    Every text gets the hidden states that it would get alone (Krell et al. 2021, arXiv:2107.02027). Hugging Face's own
    ``call`` takes no mask of this shape, so its embeddings and its layers are called here.

    Args:
        network: The BERT.
        input_ids: int32, shape ``(batch, length)``.
        text_ids: int32, shape ``(batch, length)``: positions with the same number see each other; 0 is padding.
        position_ids: int32, shape ``(batch, length)``; None: counted from the start of the row.
        training: Whether dropout is on.

    Returns:
        Hidden states, shape ``(batch, length, hidden_size)``.
    """
    bert, layers = network.bert, network.config.num_hidden_layers
    states = bert.embeddings(input_ids=input_ids, position_ids=position_ids, training=training)
    queries, keys = text_ids[:, :, tf.newaxis], text_ids[:, tf.newaxis, :]
    visible = tf.logical_and(queries == keys, keys > 0)[:, tf.newaxis]
    return bert.encoder(
        hidden_states=states,
        attention_mask=tf.where(visible, tf.constant(0, states.dtype), tf.constant(HIDDEN_SCORE, states.dtype)),
        head_mask=[None] * layers,
        encoder_hidden_states=None,
        encoder_attention_mask=None,
        past_key_values=[None] * layers,
        use_cache=False,
        output_attentions=False,
        output_hidden_states=False,
        return_dict=True,
        training=training,
    ).last_hidden_state


def predict_tokens(network: TFBertForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """Runs the language modelling head on some positions.

    Args:
        network: The BERT.
        states: Hidden states, shape ``(batch, length, hidden_size)``.
        positions: int32, shape ``(batch, slots)``: where to predict.

    Returns:
        Logits, float32, shape ``(batch, slots, vocabulary)``.
    """
    return tf.cast(network.mlm(tf.gather(states, positions, batch_dims=1)), tf.float32)


class MaskedLanguageModel(keras.Model):
    """Trains a network on the batches of `components.pretrainer.dataset`.

    Metrics: ``loss``, the cross-entropy per predicted token in nats, and ``accuracy``, the share of predicted
        tokens that are the original ones. Both are exact means over all predicted tokens of an epoch.

    Nothing in a step branches on a tensor, so AutoGraph is kept away from it: converting Hugging Face's
    sources took most of the time to the first step.
    """

    def __init__(self, network: TFBertForMaskedLM) -> None:
        """Wraps a network.

        Args:
            network: Trained in place.
        """
        super().__init__()
        self.network = network
        self.loss_mean = keras.metrics.Mean(name="loss")
        self.accuracy_mean = keras.metrics.Mean(name="accuracy")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Reset by Keras at the start of every epoch."""
        return [self.loss_mean, self.accuracy_mean]

    def call(self, batch: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Predicts the tokens at the positions of a batch.

        Returns:
            Logits, float32, shape ``(batch, slots, vocabulary)``.
        """
        states = encode(self.network, batch["input_ids"], batch["text_ids"], batch["position_ids"], training)
        return predict_tokens(self.network, states, batch["positions"])

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
        """One step of gradient descent; called by ``fit`` on every replica."""
        tokens = summed_over_replicas(tf.reduce_sum(batch["weights"]))
        with tf.GradientTape() as tape:
            losses = self._update_metrics(batch, training=True)
            loss = tf.math.divide_no_nan(tf.reduce_sum(losses * batch["weights"]), tokens)
        gradients = tape.gradient(loss, self.trainable_variables)  # the optimizer adds up those of all replicas
        # Sparse gradients of embeddings need a `unique` in the optimizer, which XLA cannot compile.
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        self.optimizer.apply_gradients(zip(dense, self.trainable_variables, strict=True))
        return self.get_metrics_result()

    def test_step(self, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
        """Adds a batch to the metrics; called by ``evaluate``."""
        self._update_metrics(batch, training=False)
        return self.get_metrics_result()

    def _update_metrics(self, batch: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        logits = self(batch, training=training)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], logits)
        hits = tf.cast(tf.argmax(logits, axis=-1, output_type=tf.int32) == batch["labels"], tf.float32)
        self.loss_mean.update_state(losses, batch["weights"])
        self.accuracy_mean.update_state(hits, batch["weights"])
        return losses
