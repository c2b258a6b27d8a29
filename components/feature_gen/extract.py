"""Runs the encoder over texts, batch by batch, and puts the results back into the texts' order."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from transformers import TFPreTrainedModel

from components.feature_gen.batching import plan_batches
from components.feature_gen.chunks import combine
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import check_length, encode, max_tokens


class FeatureExtractor:
    """A compiled encoder with its batching.

    It is one TensorFlow graph for all shapes. XLA per bucket was measured on 2 cores with a 6-layer, 384-wide
    encoder: 4 to 6 s of compilation a shape, for a step that is 20% faster at length 32 and none at 128; it
    would pay only from some hundred thousand tokens a bucket on.

    Example:
        >>> extractor = FeatureExtractor(load_encoder("backbone"), FeatureGenConfig())  # doctest: +SKIP
        >>> extractor.extract(tf.ragged.constant([[2, 7, 3], [2, 3]])).shape  # doctest: +SKIP
        (2, 384)
    """

    def __init__(self, model: TFPreTrainedModel, config: FeatureGenConfig) -> None:
        """Prepares the graph.

        Args:
            model: An encoder from `components.feature_gen.encoder.load_encoder`.
            config: Pooling and batch size.
        """
        self._model = model
        self._config = config
        self._encode = tf.function(
            lambda ids, lengths: encode(model, ids, lengths, config.pooling),
            autograph=False,  # not needed, and it would look through all of transformers
            input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)],
        )

    @property
    def width(self) -> int:
        """Length of a feature vector."""
        return int(self._encode.get_concrete_function().output_shapes[-1])

    def extract(self, input_ids: tf.RaggedTensor, progress: Callable[[int], None] = lambda rows: None) -> np.ndarray:
        """Computes the features of texts.

        Args:
            input_ids: Token ids without padding, ragged int of shape ``[n, None]``.
            progress: Called with the number of texts finished since its last call.

        Returns:
            float32 of shape ``[n, width]``, in the order of ``input_ids``.

        Raises:
            DataError: If a text has more tokens than the encoder has positions.
        """
        lengths = input_ids.row_lengths().numpy()
        features = np.empty((len(lengths), self.width), np.float32)
        if not len(lengths):
            return features
        check_length(self._model, int(lengths.max()))
        padding = self._model.config.pad_token_id or 0
        for batch in plan_batches(lengths, self._config.batch_tokens, max_tokens(self._model)):
            padded = tf.gather(input_ids, batch.rows).to_tensor(padding, shape=[None, batch.length])
            features[batch.rows] = self._encode(
                tf.cast(padded, tf.int32), tf.constant(lengths[batch.rows], tf.int32)
            ).numpy()
            progress(len(batch.rows))
        return features

    def extract_chunks(
        self, chunks: tf.RaggedTensor, progress: Callable[[int], None] = lambda rows: None
    ) -> np.ndarray:
        """Computes the features of texts from those of their chunks, see `components.feature_gen.chunks.combine`.

        Args:
            chunks: Token ids without padding, ragged int of shape ``[n, None, None]``: at least one chunk a text.
            progress: Called with the number of texts finished since its last call.

        Returns:
            float32 of shape ``[n, width]``.

        Raises:
            DataError: If a chunk has more tokens than the encoder has positions.
        """
        texts, total = int(chunks.nrows()), int(chunks.values.nrows())
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            finished = done * texts // total
            done += rows
            progress(done * texts // total - finished)

        return combine(tf.constant(self.extract(chunks.values, advance)), chunks, self._config.pooling).numpy()
