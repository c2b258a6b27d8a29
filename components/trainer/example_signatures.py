"""The signatures for clients that send ``tf.Example``, of TF Serving's Predict and Classification APIs.

TensorFlow writes every signature with the method name of the Predict API, and the Classification API refuses those: its
signature is renamed in the written file.
"""

from collections.abc import Callable

import tensorflow as tf
from tensorflow.compat.v1.saved_model import signature_constants as names
from tensorflow.compat.v1.saved_model.signature_def_utils import MethodNameUpdater

TF_EXAMPLE, CLASSIFY = "tf_example", "classify"
EXAMPLES = "examples"
_TEXT = {"text": tf.io.FixedLenFeature([], tf.string)}

Classify = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def tf_example(classify: Classify) -> tf.types.experimental.PolymorphicFunction:
    """The same as a function of raw texts, for serialized Examples with a feature ``text``.

    Args:
        classify: From ``text``, string ``[N]``.

    Returns:
        From ``examples``, string ``[N]``.
    """

    def answer(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return classify(tf.io.parse_example(examples, _TEXT)["text"])

    spec = tf.TensorSpec([None], tf.string, name=EXAMPLES)
    return tf.function(answer, input_signature=[spec], autograph=False)


def classification(classify: Classify) -> tf.types.experimental.PolymorphicFunction:
    """What the Classification API asks for: https://www.tensorflow.org/tfx/serving/signature_defs.

    Args:
        classify: From ``text``, string ``[N]``, to at least ``labels`` and ``probabilities``, both ``[N, K]``.

    Returns:
        From ``inputs``, string ``[N]``, serialized Examples with a feature ``text``, to ``classes``, string ``[N, K]``,
        and ``scores``, float32 ``[N, K]``.
    """

    def answer(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        found = classify(tf.io.parse_example(inputs, _TEXT)["text"])
        return {
            names.CLASSIFY_OUTPUT_CLASSES: found["labels"],
            names.CLASSIFY_OUTPUT_SCORES: found["probabilities"],
        }

    spec = tf.TensorSpec([None], tf.string, name=names.CLASSIFY_INPUTS)
    return tf.function(answer, input_signature=[spec], autograph=False)


def rename_method(directory: str) -> None:
    """Gives the signature ``classify`` of a written SavedModel the method name of the Classification API.

    Args:
        directory: Of the SavedModel, local or remote.
    """
    updater = MethodNameUpdater(directory)
    updater.replace_method_name(CLASSIFY, names.CLASSIFY_METHOD_NAME, tags=tf.saved_model.SERVING)
    updater.save()
