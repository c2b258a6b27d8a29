"""TensorFlow Serving's messages and gRPC stubs, without TensorFlow.

The generated modules of tensorflow-serving-api import those of ``tensorflow.core``, and with them all of TensorFlow:
seconds, for a client that needs a few messages. Here they are imported below an empty package in TensorFlow's place,
which is taken away again, so that a later ``import tensorflow`` is the real one; it finds the generated modules there.
"""

import contextlib
import importlib.util
import sys
import types
from collections.abc import Iterator

_NAME = "tensorflow"


@contextlib.contextmanager
def _without_tensorflow() -> Iterator[None]:
    spec = None if _NAME in sys.modules else importlib.util.find_spec(_NAME)
    if spec is None:
        yield
        return
    package = types.ModuleType(_NAME)
    package.__path__ = list(spec.submodule_search_locations or [])
    sys.modules[_NAME] = package
    try:
        yield
    finally:
        del sys.modules[_NAME]


with _without_tensorflow():
    from tensorflow.core.example import example_pb2, feature_pb2
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow.core.protobuf import error_codes_pb2
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2_grpc,
    )

__all__ = [
    "classification_pb2",
    "error_codes_pb2",
    "example_pb2",
    "feature_pb2",
    "get_model_metadata_pb2",
    "get_model_status_pb2",
    "model_pb2",
    "model_service_pb2_grpc",
    "predict_pb2",
    "prediction_log_pb2",
    "prediction_service_pb2_grpc",
    "tensor_pb2",
    "types_pb2",
]
