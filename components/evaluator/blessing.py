"""Writes a verdict as TFX's ModelBlessing, in the stock Evaluator's format, so that any Pusher reads it."""

import tensorflow as tf
from tfx import types
from tfx.components.evaluator import constants

from components.evaluator.gates import Verdict


def write_blessing(blessing: types.Artifact, model: types.Artifact, verdict: Verdict) -> None:
    """Marks a model as blessed or not.

    Args:
        blessing: The ModelBlessing artifact to fill: a file ``BLESSED`` or ``NOT_BLESSED`` and custom
            properties.
        model: The judged model.
        verdict: What was decided; its message becomes a custom property.
    """
    name, value = (
        (constants.BLESSED_FILE_NAME, constants.BLESSED_VALUE)
        if verdict.blessed
        else (constants.NOT_BLESSED_FILE_NAME, constants.NOT_BLESSED_VALUE)
    )
    tf.io.gfile.makedirs(blessing.uri)
    with tf.io.gfile.GFile(f"{blessing.uri}/{name}", "w") as file:
        file.write("")
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, value)
    blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri)
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_BLESSING_MESSAGE_KEY, verdict.message)
