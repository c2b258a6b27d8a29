"""Runs the encoder over texts, batch by batch, and puts the results back into the texts' order."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from transformers import TFPreTrainedModel

from components.errors import DataError
from components.feature_gen.batching import plan_batches
from components.feature_gen.chunks import combine
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import check_layers, check_length, encode, max_tokens
from components.feature_gen.sequences import Features, TokenSequences, flat_positions


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
            config: Layers, pooling, type and batch size.

        Raises:
            ConfigError: If the encoder has fewer layers than are asked for.
        """
        check_layers(model, config.hidden_layers)
        self._model = model
        self._config = config

        def run(ids: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
            features = encode(model, ids, lengths, config.pooling, config.hidden_layers)
            return tf.boolean_mask(*features) if config.pooling == "tokens" else features

        self._encode = tf.function(
            run,
            autograph=False,  # not needed, and it would look through all of transformers
            input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)],
        )

    @property
    def width(self) -> int:
        """Length of a feature vector."""
        return int(self._encode.get_concrete_function().output_shapes[-1])

    def extract(self, input_ids: tf.RaggedTensor, progress: Callable[[int], None] = lambda rows: None) -> Features:
        """Computes the features of texts.

        Args:
            input_ids: Token ids without padding, ragged int of shape ``[n, None]``.
            progress: Called with the number of texts finished since its last call.

        Returns:
            Features in the order of ``input_ids``, of the configured type: an array of shape ``[n, width]``, or for
            ``tokens`` the sequences of token vectors.

        Raises:
            DataError: If a text has more tokens than the encoder has positions, or a feature is too large for
                float16.
        """
        lengths = input_ids.row_lengths().numpy()
        counts = lengths if self._config.pooling == "tokens" else np.ones_like(lengths)
        starts = np.cumsum(counts) - counts
        vectors = np.empty((int(counts.sum()), self.width), self._config.dtype)
        features = TokenSequences(vectors, starts, counts) if self._config.pooling == "tokens" else vectors
        if not len(lengths):
            return features
        check_length(self._model, int(lengths.max()))
        padding = self._model.config.pad_token_id or 0
        for batch in plan_batches(lengths, self._config.batch_tokens, max_tokens(self._model)):
            padded = tf.gather(input_ids, batch.rows).to_tensor(padding, shape=[None, batch.length])
            computed = self._encode(tf.cast(padded, tf.int32), tf.constant(lengths[batch.rows], tf.int32)).numpy()
            vectors[flat_positions(starts[batch.rows], counts[batch.rows])] = _narrowed(computed, vectors.dtype)
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
            Of the configured type and shape ``[n, width]``; the mean is taken in float32.

        Raises:
            DataError: If a chunk has more tokens than the encoder has positions, or a feature is too large for
                float16.
        """
        texts, total = int(chunks.nrows()), int(chunks.values.nrows())
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            finished = done * texts // total
            done += rows
            progress(done * texts // total - finished)

        vectors = tf.cast(self.extract(chunks.values, advance), tf.float32)
        return _narrowed(combine(vectors, chunks, self._config.pooling).numpy(), np.dtype(self._config.dtype))


def _narrowed(vectors: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if not np.isfinite(vectors).all():
        raise DataError("the encoder gives features that are not finite: the weights of its checkpoint are damaged")
    largest = np.finfo(dtype).max
    if (np.abs(vectors) > largest).any():
        raise DataError(
            f"the encoder gives {np.abs(vectors).max():g}, and {dtype} ends at {largest:g}: "
            "set feature_gen.dtype to float32"
        )
    return vectors.astype(dtype, copy=False)
