"""Writes the warm-up of a model.

TF Serving replays these requests before it routes traffic to a model, so that the first caller does not wait.
The format is TF Serving's: a TFRecord file of PredictionLogs
(https://www.tensorflow.org/tfx/serving/saved_model_warmup). A request that fails keeps the model from being
served, so the same texts go through the probe first.
"""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence

import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, predict_pb2, prediction_log_pb2

from components.examples import read_records
from components.expected_answers import spread_texts
from components.servable_check.rules import CLASSIFY_METHOD, RULES

WARMUP_FILE = os.path.join("assets.extra", "tf_serving_warmup_requests")
_SAMPLED_ROWS = 512


def choose_texts(files: Sequence[str], count: int) -> list[bytes]:
    """Takes texts of evenly spread lengths from raw Examples, the shortest and the longest included.

    Args:
        files: gzip TFRecord files of ``tf.Example`` with the feature ``text``; the first 512 rows are looked
            at.
        count: How many texts.

    Returns:
        Distinct texts, shortest first; fewer than asked if the files hold fewer. The same files give the same
        texts.
    """
    if count == 0:
        return []
    return spread_texts(list(itertools.islice(_texts(files), _SAMPLED_ROWS)), count)


def write_warmup(model_dir: str, signatures: Iterable[str], texts: Sequence[bytes]) -> str:
    """Writes the warm-up of a model into its directory: each text alone, then all in one batch.

    Args:
        model_dir: A SavedModel directory, changed in place.
        signatures: Names of the signatures to warm up; keys of `components.servable_check.rules.RULES`.
        texts: What to ask, at least one.

    Returns:
        The file written.
    """
    path = os.path.join(model_dir, WARMUP_FILE)
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.TFRecordWriter(path) as writer:
        for signature in signatures:
            prefix = b"[MASK] " if RULES[signature].needs_mask else b""
            log = _classify_log if RULES[signature].method == CLASSIFY_METHOD else _predict_log
            asked = [prefix + text for text in texts]
            for batch in [*([text] for text in asked), asked]:
                writer.write(log(signature, batch).SerializeToString())
    return path


def _predict_log(signature: str, texts: list[bytes]) -> prediction_log_pb2.PredictionLog:
    rule = RULES[signature]
    sent = [_example(text).SerializeToString() for text in texts] if rule.wrapped else texts
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    request.inputs[rule.input].CopyFrom(tf.make_tensor_proto(sent, dtype=tf.string))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))


def _classify_log(signature: str, texts: list[bytes]) -> prediction_log_pb2.PredictionLog:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.signature_name = signature
    request.input.example_list.examples.extend(_example(text) for text in texts)
    return prediction_log_pb2.PredictionLog(classify_log=prediction_log_pb2.ClassifyLog(request=request))


def _example(text: bytes) -> tf.train.Example:
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
    return tf.train.Example(features=tf.train.Features(feature={"text": feature}))


def _texts(files: Sequence[str]) -> Iterator[bytes]:
    for record in read_records(files).as_numpy_iterator():
        yield tf.train.Example.FromString(record).features.feature["text"].bytes_list.value[0]
