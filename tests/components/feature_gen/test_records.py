"""Features on disk: what is written is what is read."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from components.errors import DataError
from components.examples import split_files
from components.feature_gen import records
from components.feature_gen.info import FeaturesInfo
from components.feature_gen.sequences import TokenSequences

WIDTH = 5
LENGTHS = np.array([3, 1, 7])


def make_texts(lengths=LENGTHS):
    count = len(lengths)
    names = np.array([f"京都/{number}".encode() for number in range(count)], object)
    ids = tf.RaggedTensor.from_row_lengths(tf.range(lengths.sum()), lengths)
    label_ids = tf.RaggedTensor.from_row_lengths(tf.range(count, dtype=tf.int64), tf.ones([count], tf.int64))
    return records.TokenizedTexts(ids, label_ids, names, names[::-1], 10 * np.arange(count), names)


def write_and_read(folder, features, info):
    texts = make_texts()
    with tf.io.TFRecordWriter(str(folder / "features.gz"), records.UNCOMPRESSED) as writer:
        records.write_features(writer, features, texts)
    data = records.read_features(split_files(folder), info)
    assert data.ids.tolist() == texts.ids.tolist()
    assert data.texts.tolist() == texts.texts.tolist()
    assert data.label_ids.tolist() == [0, 1, 2]
    assert data.token_counts.tolist() == [0, 10, 20]
    return data


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_pooled_features_come_back(dtype, tmp_path):
    features = np.random.default_rng(0).normal(size=(3, WIDTH)).astype(dtype)

    data = write_and_read(tmp_path, features, FeaturesInfo(pooling="mean", width=WIDTH, dtype=dtype))

    assert data.features.dtype == np.float32
    np.testing.assert_array_equal(data.features, features)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_sequences_come_back_without_padding(dtype, tmp_path):
    values = np.random.default_rng(0).normal(size=(LENGTHS.sum(), WIDTH)).astype(dtype)
    features = TokenSequences.from_flat(values, LENGTHS)

    data = write_and_read(tmp_path, features, FeaturesInfo(pooling="tokens", width=WIDTH, dtype=dtype))

    assert data.features.values.shape == values.shape
    for read, written in zip(data.features, features, strict=True):
        np.testing.assert_array_equal(read, written)
    (longest,) = data.take(np.array([2])).features
    np.testing.assert_array_equal(longest, values[4:])
    assert (tmp_path / "features.gz").stat().st_size < values.nbytes + 3 * 200


@pytest.mark.parametrize("pooling", ["mean", "tokens"])
def test_a_split_without_examples(pooling, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "features.gz"), records.UNCOMPRESSED):
        pass

    data = records.read_features(split_files(tmp_path), FeaturesInfo(pooling=pooling, width=WIDTH))

    assert (len(data), len(data.features), len(data.ids)) == (0, 0, 0)


def test_pieces_keep_order_and_bound():
    texts = make_texts(np.array([3, 1, 7, 2, 2, 9, 1]))

    pieces = list(texts.pieces(most_tokens=4))

    assert [piece.input_ids.row_lengths().numpy().tolist() for piece in pieces] == [[3, 1], [7], [2, 2], [9], [1]]
    assert [name for piece in pieces for name in piece.ids] == texts.ids.tolist()
    assert list(texts.pieces(None)) == [texts]


def test_targets():
    one = tf.ragged.constant([[2], [0]], tf.int64)
    several = tf.ragged.constant([[2, 0], [], [1]], tf.int64)
    assert records.targets(one, None).tolist() == [2, 0]
    assert records.targets(several, 3).tolist() == [[True, False, True], [False] * 3, [False, True, False]]
    with pytest.raises(DataError, match="label_separator"):
        records.targets(several, None)
    with pytest.raises(DataError, match="label_id outside of 0 to 1"):
        records.targets(several, 2)


def test_several_labels_come_back(tmp_path):
    texts = dataclasses.replace(make_texts(), label_ids=tf.ragged.constant([[1, 0], [], [1]], tf.int64))
    with tf.io.TFRecordWriter(str(tmp_path / "features.gz"), records.UNCOMPRESSED) as writer:
        records.write_features(writer, np.zeros((3, WIDTH), np.float32), texts)

    data = records.read_features(split_files(tmp_path), FeaturesInfo(pooling="mean", width=WIDTH), classes=2)

    assert data.multi_label
    assert data.label_ids.tolist() == [[True, True], [False, False], [False, True]]
    assert data.take(np.array([2])).label_ids.tolist() == [[False, True]]
