"""The write-up's classifier, written anew: the encoder inside a Keras model that ``fit`` runs on padded texts."""

import numpy as np
import tensorflow as tf
import tf_keras as keras
from transformers import TFPreTrainedModel

from components.training.batches import for_keras

BATCH = 8
LEARNING_RATE = 1e-3
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def build(encoder: TFPreTrainedModel, max_length: int, classes: int, trainable: bool) -> keras.Model:
    """A dense layer on the first token's last hidden state.

    Args:
        encoder: Becomes a part of the model.
        max_length: Tokens that every text is padded to.
        classes: Number of classes.
        trainable: Whether the encoder is trained too.
    """
    inputs = {name: keras.Input((max_length,), dtype="int32", name=name) for name in INPUTS}
    encoder.trainable = trainable
    states = encoder(inputs).last_hidden_state
    model = keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(states[:, 0, :]))
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "categorical_crossentropy", metrics=["acc"])
    return model


def batches(input_ids: tf.RaggedTensor, label_ids: np.ndarray, max_length: int, classes: int) -> tf.data.Dataset:
    """Texts padded to the maximum and one-hot labels, in batches of 8 that are then shuffled.

    Args:
        input_ids: Token ids, at most ``max_length`` a text; ragged.
        label_ids: Class numbers.
        max_length: Tokens that every text is padded to.
        classes: Number of classes.
    """
    padded = input_ids.to_tensor(0, shape=[None, max_length])
    inputs = {
        "input_ids": padded,
        "attention_mask": tf.sequence_mask(input_ids.row_lengths(), max_length, tf.int32),
        "token_type_ids": tf.zeros_like(padded),
    }
    labels = keras.utils.to_categorical(label_ids, classes)
    rows = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(BATCH).shuffle(len(label_ids))
    return for_keras(rows)  # which spares it TensorFlow's waits at the end, that would come by chance
