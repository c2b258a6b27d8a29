"""Warm-up files: which texts, and what is written."""

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.servable_check.warmup import choose_texts, write_warmup
from tests.components.servable_check.examples import write_examples


def test_texts_of_spread_lengths_are_chosen(tmp_path: Path) -> None:
    file = write_examples(tmp_path / "a.gz", [{"text": "x" * n} for n in (9, 1, 5, 3, 7, 5)])
    # Distinct lengths 1 3 5 7 9; three of them evenly spread.
    assert choose_texts([file], 3) == [b"x", b"xxxxx", b"x" * 9]
    assert choose_texts([file], 1) == [b"xxxxx"]
    assert choose_texts([file], 0) == []
    assert len(choose_texts([file], 50)) == 5


def test_requests_hold_the_texts_alone_and_together(tmp_path: Path) -> None:
    path = write_warmup(str(tmp_path), ["serving_default"], ["京都".encode(), b"b"])
    assert Path(path) == tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    requests = [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator()
    ]
    assert {request.model_spec.signature_name for request in requests} == {"serving_default"}
    sent = [tf.make_ndarray(request.inputs["text"]).tolist() for request in requests]
    assert sent == [["京都".encode()], [b"b"], ["京都".encode(), b"b"]]


def test_a_masked_language_model_is_warmed_up_with_masks(tmp_path: Path) -> None:
    path = write_warmup(str(tmp_path), ["fill_mask"], [b"a"])
    record = next(tf.data.TFRecordDataset(path).as_numpy_iterator())
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    assert tf.make_ndarray(request.inputs["text"]).tolist() == [b"[MASK] a"]


def test_the_classification_api_is_warmed_up_by_its_own_requests(tmp_path: Path) -> None:
    path = write_warmup(str(tmp_path), ["classify", "tf_example"], ["京都".encode()])
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator()
    ]
    classify, example = logs[0].classify_log.request, logs[2].predict_log.request
    assert classify.model_spec.signature_name == "classify"
    (sent,) = classify.input.example_list.examples
    assert sent.features.feature["text"].bytes_list.value[0].decode() == "京都"
    (serialized,) = tf.make_ndarray(example.inputs["examples"]).tolist()
    assert tf.train.Example.FromString(serialized) == sent
