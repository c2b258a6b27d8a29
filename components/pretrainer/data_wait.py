"""Measures how long training waits for data."""

import tensorflow as tf


class DataWait:
    """Times how long a dataset's consumer is kept waiting for each batch.

    Keras asks for batches inside its compiled function, several in one execution, so nothing in Python sees the wait.
    Here the dataset itself reads the clock, right before and right after it takes a batch from what has been
    prefetched; nothing is prefetched after that, so it does so at the moment when a step asks for the batch, and the
    time between the two readings is time in which the step could not run. Where a strategy keeps a buffer of its own
    on the device, as for GPUs and TPUs, the wait of that buffer is measured, which is as long or longer.
    """

    def __init__(self) -> None:
        with tf.device("CPU:0"):  # where datasets run
            self._seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)

    def watch(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Puts the clock at the end of a dataset.

        Args:
            dataset: One that prefetches.

        Returns:
            The same elements.
        """
        options = tf.data.Options()
        options.experimental_optimization.inject_prefetch = False
        options.experimental_optimization.map_parallelization = False
        moments = tf.data.Dataset.range(tf.int64.max).map(lambda _: tf.timestamp())
        # An element of a zipped dataset is taken from its parts one after another, in their order.
        return tf.data.Dataset.zip((moments, dataset, moments)).map(self._add).with_options(options)

    def seconds(self) -> float:
        """All waits so far."""
        return float(self._seconds.numpy())

    def _add(self, before: tf.Tensor, element: dict[str, tf.Tensor], after: tf.Tensor) -> dict[str, tf.Tensor]:
        self._seconds.assign_add(after - before)
        return element
