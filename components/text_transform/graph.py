"""The text graph: from raw strings to token ids, in TensorFlow ops that Transform and TF Serving run alike."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from components.text_transform.cleaning import clean
from components.text_transform.markers import encode_between, map_between
from components.text_transform.sentencepiece import SentencePiece
from components.text_transform.spec import GraphSpec, read_spec
from components.text_transform.stop_words import drop_stop_words
from components.text_transform.utf8 import valid_utf8
from components.text_transform.wordpiece import WordPiece

MASK_MARKER = "[MASK]"


class TextGraph(tf.Module):
    """Cleaning, stop words and tokenizing of one tokenizer directory.

    Its methods can be called eagerly and in ``tf.function``, ``tf.data`` and tf.Transform, and a SavedModel that holds
    it loads in TF Serving. Bytes that are not UTF-8 count as U+FFFD. Markers aside, text never becomes a special token:
    ``[SEP]`` in a text is three pieces or so, as with ``split_special_tokens=True`` in transformers.

    Attributes:
        vocab_size: The number of pieces.
        pad_id, unk_id, cls_id, sep_id, mask_id: Ids of the special tokens.

    Example:
        graph = TextGraph.load(directory)
        graph.tokenize(tf.constant(["A first text.", "ふたつめ"]), max_length=128)
    """

    def __init__(self, spec: GraphSpec, tables: dict[str, np.ndarray]) -> None:
        """Builds the graph's tables and resources.

        Args:
            spec: The text graph as data.
            tables: Its large arrays.
        """
        super().__init__()
        self._spec = spec
        self.vocab_size = len(spec.pieces)
        self.pad_id, self.unk_id, self.cls_id = spec.pad_id, spec.unk_id, spec.cls_id
        self.sep_id, self.mask_id = spec.sep_id, spec.mask_id
        self._subwords = _subwords(spec, tables)

    @classmethod
    def load(cls, directory: str | Path) -> "TextGraph":
        """Reads a tokenizer directory.

        Args:
            directory: Local path, or any that TensorFlow's file systems know.

        Returns:
            The graph.

        Raises:
            DataError: If the directory has no text graph.
        """
        with tf.init_scope():
            return cls(*read_spec(directory))

    @property
    def pieces(self) -> list[str]:
        """The vocabulary, in order of ids."""
        return self._spec.pieces

    @property
    def special_ids(self) -> list[int]:
        """The ids of all special tokens, sorted."""
        return sorted({self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id})

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def clean(self, texts: tf.Tensor) -> tf.Tensor:
        """Cleans texts and drops stop words; what is between two unknown markers is cleaned by itself.

        Args:
            texts: (N,) string.

        Returns:
            (N,) string.
        """
        texts = valid_utf8(texts)
        if self._spec.unknown_marker:
            return map_between(texts, self._spec.unknown_marker, self._clean)
        return self._clean(texts)

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def tokenize(self, texts: tf.Tensor, max_length: int | None = None) -> tf.RaggedTensor:
        """Cleans and tokenizes texts.

        Args:
            texts: (N,) string.
            max_length: Ids of a text at most, special ones included; None: no limit.

        Returns:
            (N, None) int32: ``[CLS] ... [SEP]``.
        """
        return self.add_special_tokens(self.encode(texts), max_length)

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def tokenize_masked(self, texts: tf.Tensor, max_length: int | None = None) -> tf.RaggedTensor:
        """Like `tokenize`, but ``[MASK]`` in a raw text becomes the mask token.

        Args:
            texts: (N,) string.
            max_length: Ids of a text at most, special ones included; None: no limit.

        Returns:
            (N, None) int32.
        """
        ids = encode_between(valid_utf8(texts), MASK_MARKER, self.mask_id, self._encode)
        return self.add_special_tokens(ids, max_length)

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Cleans and tokenizes texts, without special tokens around them.

        Args:
            texts: (N,) string.

        Returns:
            (N, None) int32.
        """
        return self._encode(valid_utf8(texts))

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def add_special_tokens(self, ids: tf.RaggedTensor, max_length: int | None = None) -> tf.RaggedTensor:
        """Puts special tokens around texts, and cuts them so that there is room.

        Args:
            ids: (N, None) int32, from `encode`.
            max_length: Ids of a text at most, special ones included; None: no limit.

        Returns:
            (N, None) int32.
        """
        if max_length is not None:
            ids = ids[:, : max_length - 2]
        rows = ids.nrows()
        first, last = (tf.fill([rows, 1], tf.constant(i, tf.int32)) for i in (self.cls_id, self.sep_id))
        return tf.concat([first, ids, last], axis=1)

    def _encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        if self._spec.unknown_marker:
            return encode_between(texts, self._spec.unknown_marker, self.unk_id, self._encode_plain)
        return self._encode_plain(texts)

    def _encode_plain(self, texts: tf.Tensor) -> tf.RaggedTensor:
        return self._subwords(self._clean(texts))

    def _clean(self, texts: tf.Tensor) -> tf.Tensor:
        texts = clean(texts, self._spec.cleaning)
        return drop_stop_words(texts, self._spec.stop_words) if self._spec.stop_words else texts


def _subwords(spec: GraphSpec, tables: dict[str, np.ndarray]) -> WordPiece | SentencePiece:
    if spec.kind == "sentencepiece":
        return SentencePiece(tables["model"], tables["ids"])
    return WordPiece(**tables, max_word_characters=spec.max_word_characters)
