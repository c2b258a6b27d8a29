"""The masked language model: a Hugging Face network whose vocabulary projection sees the masked positions only.

``TFBertForMaskedLM`` and its kind project every position onto the vocabulary, which costs most of a step of a small
model, while the loss needs about 15% of them. Here hidden states are gathered at the masked positions first;
the loss is the same number.
"""

from typing import Any

import tensorflow as tf
import tf_keras as keras
from transformers import TFAutoModelForMaskedLM, TFPreTrainedModel

from components.backbone import settings
from components.backbone.loading import run_at_any_length
from components.local_copies import local_copy
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families import FAMILIES, family_of
from components.pretrainer.masking import Vocabulary
from components.trainer.strategy import summed_over_replicas
from components.training.accumulation import sum_over_parts

Sums = list[tf.Tensor]
_SCALARS: list[list[int]] = [[], [], []]  # shapes of the sums


def build_network(config: PretrainerConfig, vocabulary: Vocabulary) -> TFPreTrainedModel:
    """Makes an untrained network.

    BERT's own standard deviation of 0.02 is made for 768 units: in narrow models it lets attention start so flat that
    learning stays at the frequencies of single tokens for a long time. Hence the default of 1 / sqrt(hidden_size).

    Args:
        config: Its architecture and sizes, and the seed of its weights.
        vocabulary: Number of ids and the padding id.

    Returns:
        A built model with float32 weights; its layers compute in the Keras mixed-precision policy that is set
        now.
    """
    keras.utils.set_random_seed(config.seed)
    initializer_range = config.initializer_range or config.hidden_size**-0.5
    network = TFAutoModelForMaskedLM.from_config(
        FAMILIES[config.architecture].new_config(config, vocabulary, initializer_range)
    )
    network.build_in_name_scope()
    return network


def continue_network(directory: str, config: PretrainerConfig) -> tuple[TFPreTrainedModel, list[str]]:
    """Reads an encoder to train it further; what it lacks, such as a head, begins at random.

    Args:
        directory: A local directory in Hugging Face's format.
        config: The seed of what begins at random.

    Returns:
        The network, as `build_network` gives it, and the names of the weights that were not there.
    """
    keras.utils.set_random_seed(config.seed)
    directory = local_copy(directory)
    network, info = TFAutoModelForMaskedLM.from_pretrained(
        directory, config=settings.load(directory), output_loading_info=True, trust_remote_code=False
    )
    return network, sorted(info["missing_keys"])


def load_network(directory: str) -> TFPreTrainedModel:
    """Reads a masked language model in Hugging Face's format, for blocks and texts of any length.

    Args:
        directory: A local directory.

    Returns:
        The model.
    """
    directory = local_copy(directory)
    network = TFAutoModelForMaskedLM.from_pretrained(
        directory, config=settings.load(directory), trust_remote_code=False
    )
    return run_at_any_length(network)


class MaskedLanguageModel(keras.Model):
    """Trains a network on the batches of `components.pretrainer.dataset`.

    Metrics: ``loss``, the cross-entropy per predicted token in nats, and ``accuracy``, the share of predicted
        tokens that are the original ones. Both are exact means over all predicted tokens of an epoch.

    Nothing in a step branches on a tensor, so AutoGraph is kept away from it: converting Hugging Face's
    sources took most of the time to the first step.
    """

    def __init__(self, network: TFPreTrainedModel, accumulation_steps: int = 1) -> None:
        """Wraps a network.

        Args:
            network: Trained in place.
            accumulation_steps: Parts of a replica's batch that are computed one after another, when it is trained on
                and when it is evaluated; divides its blocks. It may be changed before the first step.
        """
        super().__init__(dtype="float32")  # else Keras hands all weights and batches on in the layers' arithmetic
        self.network = network
        self.accumulation_steps = accumulation_steps
        self._family = family_of(network.config.model_type)
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
        states = self._family.encode(
            self.network, batch["input_ids"], batch["text_ids"], batch["position_ids"], training
        )
        return self._family.predict_tokens(self.network, states, batch["positions"])

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
        """One step of gradient descent; called by ``fit`` on every replica.

        The gradient is that of the mean loss over the predicted tokens of all replicas and all parts of the batch.
        """
        tokens = summed_over_replicas(tf.reduce_sum(batch["weights"]))
        shapes = [variable.shape for variable in self.trainable_variables]
        added = sum_over_parts(
            self.accumulation_steps, batch, lambda part: self.gradients_and_sums(part, tokens), [*shapes, *_SCALARS]
        )
        gradients, sums = added[: len(shapes)], added[len(shapes) :]
        if isinstance(self.optimizer, keras.mixed_precision.LossScaleOptimizer):
            gradients = self.optimizer.get_unscaled_gradients(gradients)
        # The optimizer adds up the gradients of all replicas.
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self._record(sums)

    def test_step(self, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
        """Adds a batch to the metrics; called by ``evaluate``."""
        return self._record(
            sum_over_parts(self.accumulation_steps, batch, lambda part: self._sums(part, training=False), _SCALARS)
        )

    def gradients_and_sums(self, batch: dict[str, tf.Tensor], tokens: tf.Tensor) -> list[tf.Tensor]:
        """Computes what a part of a batch adds to a step.

        Args:
            batch: Some blocks.
            tokens: Number of predictions in the whole batch.

        Returns:
            Gradients of the sum of losses divided by ``tokens``, scaled where the arithmetic is float16; then the sums
            of losses, of right predictions and of predictions.
        """
        with tf.GradientTape() as tape:
            sums = self._sums(batch, training=True)
            loss = tf.math.divide_no_nan(sums[0], tokens)
            if isinstance(self.optimizer, keras.mixed_precision.LossScaleOptimizer):
                loss = self.optimizer.get_scaled_loss(loss)
        # Sparse gradients of embeddings need a `unique` in the optimizer, which XLA cannot compile.
        gradients = tape.gradient(loss, self.trainable_variables)
        return [*map(tf.convert_to_tensor, gradients), *sums]

    def _sums(self, batch: dict[str, tf.Tensor], training: bool) -> Sums:
        """Sum of losses, number of right predictions, number of predictions; float32 scalars."""
        logits = self(batch, training=training)
        # One row a prediction, as the loss has it inside: XLA then looks for the top once.
        logits, labels = tf.reshape(logits, [-1, logits.shape[-1]]), tf.reshape(batch["labels"], [-1])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        # The likeliest token is the right one where nothing is above its logit; an argmax takes ten times as long.
        right = tf.gather(logits, labels, batch_dims=1)
        top = tf.reduce_max(logits, axis=-1)
        hits = tf.cast(right >= top, tf.float32)
        if not training:  # in bfloat16 several tokens often share the top; a choice among them is right once
            hits /= tf.reduce_sum(tf.cast(logits >= top[..., tf.newaxis], tf.float32), axis=-1)
        weights = tf.reshape(batch["weights"], [-1])
        return [tf.reduce_sum(losses * weights), tf.reduce_sum(hits * weights), tf.reduce_sum(weights)]

    def _record(self, sums: Sums) -> dict[str, Any]:
        loss, hits, tokens = sums
        self.loss_mean.update_state(tf.math.divide_no_nan(loss, tokens), tokens)
        self.accuracy_mean.update_state(tf.math.divide_no_nan(hits, tokens), tokens)
        return self.get_metrics_result()
