"""AutoGraph and the libraries that it must not rewrite."""

import tensorflow as tf
import tf_keras
from tensorflow.python.autograph.core import config
from tensorflow.python.autograph.impl import conversion

from components.autograph import leave_libraries_alone


def test_keras_is_left_alone_and_other_code_is_not():
    leave_libraries_alone()

    assert conversion.is_allowlisted(tf_keras.Model.train_step)
    assert not conversion.is_allowlisted(leave_libraries_alone)


def test_calling_twice_adds_nothing():
    leave_libraries_alone()
    once = config.CONVERSION_RULES
    leave_libraries_alone()

    assert once == config.CONVERSION_RULES


def test_python_conditions_in_a_layer_still_work():
    leave_libraries_alone()

    class Sign(tf_keras.layers.Layer):
        def call(self, inputs):
            if tf.reduce_sum(inputs) > 0:
                return inputs
            return -inputs

    function = tf.function(Sign())

    assert function(tf.constant([-2.0])).numpy().tolist() == [2.0]
    assert function(tf.constant([3.0])).numpy().tolist() == [3.0]
