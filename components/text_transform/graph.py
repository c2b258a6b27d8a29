"""The text graph: from raw strings to token ids, in TensorFlow ops that Transform and TF Serving run alike."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from components.errors import ConfigError
from components.text_transform.albert import Albert
from components.text_transform.cleaning import clean
from components.text_transform.config import HEAD, CutConfig
from components.text_transform.long_documents import cut_ids, split_ids
from components.text_transform.markers import encode_between, map_between
from components.text_transform.sentencepiece import SentencePiece
from components.text_transform.spec import GraphSpec, read_spec
from components.text_transform.stop_words import drop_stop_words
from components.text_transform.t5 import T5
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
        pad_id, unk_id: Ids of special tokens that every tokenizer has; those that some lack are properties.

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
        self.pad_id, self.unk_id = spec.pad_id, spec.unk_id
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
    def kind(self) -> str:
        """How texts are split: ``wordpiece``, ``sentencepiece``, ``albert`` or ``t5``."""
        return self._spec.kind

    @property
    def pieces(self) -> list[str]:
        """The vocabulary, in order of ids."""
        return self._spec.pieces

    @property
    def cls_id(self) -> int:
        """The id before every text; a ConfigError if there is none, as in T5."""
        return self._one("token before texts, as [CLS]", self._spec.before)

    @property
    def sep_id(self) -> int:
        """The id after every text: that of ``[SEP]`` or ``</s>``; a ConfigError if there is none."""
        return self._one("token after texts, as [SEP]", self._spec.after)

    @property
    def mask_id(self) -> int:
        """The id of the mask token; a ConfigError if there is none, as in T5."""
        return self._one("mask token", self._masks)

    @property
    def special_ids(self) -> list[int]:
        """The ids of all special tokens, sorted."""
        return sorted({self.pad_id, self.unk_id, *self._spec.before, *self._spec.after, *self._masks})

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
    def tokenize(self, texts: tf.Tensor, max_length: int | None = None, cut: CutConfig = HEAD) -> tf.RaggedTensor:
        """Cleans and tokenizes texts.

        Args:
            texts: (N,) string.
            max_length: Ids of a text at most, special ones included; None: no limit.
            cut: What becomes of longer texts.

        Returns:
            (N, None) int32: ``[CLS] ... [SEP]``, or ``... </s>`` as in T5.
        """
        return self.add_special_tokens(self.encode(texts), max_length, cut)

    @tf.autograph.experimental.do_not_convert  # it has no Python control flow on tensors
    def tokenize_masked(self, texts: tf.Tensor, max_length: int | None = None) -> tf.RaggedTensor:
        """Like `tokenize`, but ``[MASK]`` in a raw text becomes the mask token.

        Args:
            texts: (N,) string.
            max_length: Ids of a text at most, special ones included; None: no limit.

        Returns:
            (N, None) int32.

        Raises:
            ConfigError: If the tokenizer has no mask token.
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
    def add_special_tokens(
        self, ids: tf.RaggedTensor, max_length: int | None = None, cut: CutConfig = HEAD
    ) -> tf.RaggedTensor:
        """Puts special tokens around texts, and cuts them so that there is room.

        Args:
            ids: (N, None) int32, from `encode`.
            max_length: Ids of a text at most, special ones included; None: no limit.
            cut: What becomes of longer texts. With chunks, a text keeps what its chunks cover and may be longer than
                ``max_length``: `chunks` divides it.

        Returns:
            (N, None) int32.
        """
        if max_length is not None:
            ids = cut_ids(ids, self._room(max_length), cut)
        first, last = (
            tf.tile(tf.constant([added], tf.int32), [ids.nrows(), 1]) for added in (self._spec.before, self._spec.after)
        )
        return tf.concat([first, ids, last], axis=1)

    def chunks(self, ids: tf.RaggedTensor, max_length: int, overlap: int) -> tf.RaggedTensor:
        """Divides texts into chunks that an encoder reads one by one.

        Args:
            ids: (N, None) int with special tokens around each text, from `tokenize`.
            max_length: Ids of a chunk at most, special ones included.
            overlap: Tokens that a chunk shares with the one before it.

        Returns:
            (N, None, None) int32: at least one chunk a text, each with special tokens of its own.
        """
        tokens = tf.cast(ids, tf.int32)[:, len(self._spec.before) : -len(self._spec.after) or None]
        windows = split_ids(tokens, self._room(max_length), overlap)
        return windows.with_values(self.add_special_tokens(windows.values))

    def _room(self, max_length: int) -> int:
        return max_length - len(self._spec.before) - len(self._spec.after)

    @property
    def _masks(self) -> list[int]:
        return [] if self._spec.mask_id is None else [self._spec.mask_id]

    @staticmethod
    def _one(what: str, ids: list[int]) -> int:
        if not ids:
            raise ConfigError("tokenizer", f"it has no {what}; take one that has, as BERT's")
        return ids[0]

    def _encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        if self._spec.unknown_marker:
            return encode_between(texts, self._spec.unknown_marker, self.unk_id, self._encode_plain)
        return self._encode_plain(texts)

    def _encode_plain(self, texts: tf.Tensor) -> tf.RaggedTensor:
        return self._subwords(self._clean(texts))

    def _clean(self, texts: tf.Tensor) -> tf.Tensor:
        texts = clean(texts, self._spec.cleaning)
        return drop_stop_words(texts, self._spec.stop_words) if self._spec.stop_words else texts


def _subwords(spec: GraphSpec, tables: dict[str, np.ndarray]) -> WordPiece | SentencePiece | Albert | T5:
    match spec.kind:
        case "wordpiece":
            return WordPiece(**tables, max_word_characters=spec.max_word_characters)
        case "sentencepiece":
            return SentencePiece(**tables)
        case "albert":
            return Albert(**tables, remove_space=spec.remove_space, final_sigma=spec.final_sigma)
        case "t5":
            return T5(**tables, lead=spec.lead, lead_pieces=spec.lead_pieces)
