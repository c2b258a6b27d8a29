"""How the batches are made and dealt that Keras trains and judges on."""

from collections.abc import Callable

import tensorflow as tf

MADE_AHEAD = 4  # batches that are ready or being made while a step runs


def made_ahead(plan: tf.data.Dataset, make: Callable[..., dict[str, tf.Tensor]]) -> tf.data.Dataset:
    """Makes batches in threads of their own, while the step before runs.

    Args:
        plan: An element a batch.
        make: Makes the batch of an element, in TensorFlow's ops.

    Returns:
        The batches, in the order of the plan.
    """
    return plan.map(make, num_parallel_calls=MADE_AHEAD).prefetch(MADE_AHEAD)


def for_keras(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Sets how a dataset is run that ``fit``, ``evaluate`` or ``predict`` gets.

    Every worker makes the same stream of global batches and keeps its part of each, as one device sees them; without
    it TensorFlow may give workers different files, and so other batches.

    Nothing is tuned while it runs. TensorFlow's tuner sleeps for 10 ms, 20 ms, 40 ms and so on up to a minute, and can
    miss that its iterator is given up: it is woken before the cancellation that it then looks for is recorded
    (`OptimizeLoop` in core/framework/model.cc, `StartCancel` in core/framework/cancellation.cc, TensorFlow 2.16). The
    end of a training, and of every evaluation, then waits until it wakes up by itself.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options)
