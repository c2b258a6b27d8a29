"""What tests of several nodes need: a tiny BERT on disk, a text graph without a trained tokenizer."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras
from transformers import BertConfig, TFBertForMaskedLM

from components.text_transform.config import HEAD, CutConfig
from components.text_transform.long_documents import cut_ids

VOCABULARY = 64
WIDTH = 16


class CharacterGraph(tf.Module):
    """Stands in for TextGraph: a character is a token, its id the code point modulo the vocabulary."""

    def __init__(self):
        super().__init__()
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = range(5)
        self.special_ids = list(range(5))
        self.vocab_size = VOCABULARY
        self.pieces = [f"<{index}>" for index in range(VOCABULARY)]

    def clean(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.identity(texts)

    def tokenize(self, texts: tf.Tensor, max_length: int | None = None, cut: CutConfig = HEAD) -> tf.RaggedTensor:
        pieces = 5 + tf.strings.unicode_decode(texts, "UTF-8") % (VOCABULARY - 5)
        if max_length is not None:
            pieces = cut_ids(pieces, max_length - 2, cut)
        ends = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([ends * self.cls_id, pieces, ends * self.sep_id], axis=1)


def write_backbone(directory: Path) -> Path:
    """Writes a two-layer, 16-wide masked language model in Hugging Face's format."""
    tf_keras.utils.set_random_seed(7)  # not that of transformers, which Keras heeds only before its own was called
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=48,
        initializer_range=0.3,  # so that different texts differ visibly
    )
    model = TFBertForMaskedLM(config)
    model(model.dummy_inputs)
    model.save_pretrained(directory)
    return directory


def write_examples(
    path: Path, rows: Sequence[Mapping[str, bytes | int | Sequence[bytes] | Sequence[int] | Sequence[float]]]
) -> None:
    """Writes rows as a gzip TFRecord of tf.Example."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in rows:
            features = {name: _feature(value) for name, value in row.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def split_names(*names: str) -> str:
    """Names of splits as TFX keeps them in an artifact's property."""
    return json.dumps(names)


def _feature(value):
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    values = [value] if isinstance(value, int) else list(value)
    if values and isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if values and isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
