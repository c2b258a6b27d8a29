"""What texts a logged request held, and which labels they were given."""

from collections.abc import Iterator

from pipeline.serving.protos import example_pb2, prediction_log_pb2
from pipeline.serving.tensors import from_proto

_TEXT, _EXAMPLES = "text", "examples"  # inputs that hold raw texts, or Examples of them


def texts_and_labels(log: prediction_log_pb2.PredictionLog) -> list[tuple[bytes, str]]:
    """Reads a request for labels and its answer.

    Args:
        log: Of Predict for a signature with the output ``label``, or of Classify.

    Returns:
        Each text and its label; of several labels all that were chosen, joined by a comma. Nothing for other requests.
    """
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        return list(_predicted(log.predict_log))
    return list(_classified(log.classify_log)) if kind == "classify_log" else []


def _predicted(log: prediction_log_pb2.PredictLog) -> Iterator[tuple[bytes, str]]:
    inputs, outputs = log.request.inputs, log.response.outputs
    if "label" not in outputs:
        return
    labels = [label.decode("utf-8", "replace") for label in from_proto(outputs["label"]).tolist()]
    if "chosen" in outputs:
        names, marks = from_proto(outputs["labels"]), from_proto(outputs["chosen"])
        labels = [b", ".join(row[mark].tolist()).decode() for row, mark in zip(names, marks, strict=True)]
    if _TEXT in inputs:
        yield from zip(from_proto(inputs[_TEXT]).tolist(), labels, strict=True)
    elif _EXAMPLES in inputs:
        examples = map(example_pb2.Example.FromString, from_proto(inputs[_EXAMPLES]).tolist())
        yield from zip(map(_text_of, examples), labels, strict=True)


def _classified(log: prediction_log_pb2.ClassifyLog) -> Iterator[tuple[bytes, str]]:
    for example, row in zip(log.request.input.example_list.examples, log.response.result.classifications, strict=False):
        best = max(row.classes, key=lambda one: one.score, default=None)
        yield _text_of(example), best.label if best else ""


def _text_of(example: example_pb2.Example) -> bytes:
    features = example.features.feature
    values = features[_TEXT].bytes_list.value if _TEXT in features else []
    return values[0] if values else b""
