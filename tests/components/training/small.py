"""A regression with dropout that trains in no time, on batches that depend on their number alone."""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from components.autograph import leave_libraries_alone
from components.training.dropout import seed_dropout
from components.training.failures import Remedies
from components.training.fitting import fit

STEPS_PER_EPOCH = 5
REMEDIES = Remedies(divergence="a lower key.learning_rate", memory="a smaller key.batch_size")


class Regression(keras.Model):
    """A custom training step, as the pretrainer has one; what is in ``memory`` has to be allocated."""

    def __init__(self):
        super().__init__()
        self.network = keras.Sequential(
            [keras.layers.Input((3,)), keras.layers.Dense(8, "tanh"), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
        )
        self.loss_mean = keras.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.loss_mean]

    def train_step(self, batch):
        with tf.GradientTape() as tape:
            answers = self.network(batch["x"], training=True)
            loss = tf.reduce_mean(tf.square(answers - batch["y"])) * batch["factor"]
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.loss_mean.update_state(loss + tf.reduce_sum(tf.zeros([batch["memory"], batch["memory"]])))
        return self.get_metrics_result()

    def test_step(self, batch):
        self.loss_mean.update_state(tf.reduce_mean(tf.square(self.network(batch["x"]) - batch["y"])))
        return self.get_metrics_result()


def batches(first_step: int, factor=lambda step: 1.0, memory=lambda step: 1):
    """The endless stream; loss factor and memory of a step can be chosen."""

    def steps():
        step = first_step
        while step != 0 or first_step >= 0:  # held-out batches have negative numbers
            x = np.random.default_rng(step + 10).normal(size=(4, 3)).astype(np.float32)
            yield {"x": x, "y": x.sum(1, keepdims=True), "factor": np.float32(factor(step)), "memory": memory(step)}
            step += 1

    spec = {
        "x": tf.TensorSpec((4, 3), tf.float32),
        "y": tf.TensorSpec((4, 1), tf.float32),
        "factor": tf.TensorSpec((), tf.float32),
        "memory": tf.TensorSpec((), tf.int32),
    }
    return tf.data.Dataset.from_generator(steps, output_signature=spec)


def train(directory: Path | None, callbacks=(), stream=batches, steps_per_execution=1, epochs=4, **options):
    """Trains anew, or from the last checkpoint on; gives the model and the history."""
    leave_libraries_alone()
    keras.utils.set_random_seed(1)
    model = Regression()
    seed_dropout(model, seed=2)
    model.compile(keras.optimizers.Adam(0.01), steps_per_execution=steps_per_execution)
    history = fit(
        model,
        stream,
        steps_per_epoch=STEPS_PER_EPOCH,
        epochs=epochs,
        callbacks=callbacks,
        remedies=REMEDIES,
        directory=directory,
        validation_data=batches(-2).apply(tf.data.experimental.assert_cardinality(2)),
        **{"minutes": 1e-9} | options,
    )
    return model, history
