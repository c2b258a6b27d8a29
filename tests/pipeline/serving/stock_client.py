"""A client of tensorflow-serving-api and TensorFlow alone: replays recorded bytes, and asks the same in its own words.

python stock_client.py SERVER EXCHANGES.json NAME, in a process where nothing of the project can be imported.
"""

import base64
import json
import sys

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

REQUESTS = {
    "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
    "Classify": (classification_pb2.ClassificationRequest, classification_pb2.ClassificationResponse),
    "GetModelMetadata": (
        get_model_metadata_pb2.GetModelMetadataRequest,
        get_model_metadata_pb2.GetModelMetadataResponse,
    ),
    "GetModelStatus": (get_model_status_pb2.GetModelStatusRequest, get_model_status_pb2.GetModelStatusResponse),
}


def main() -> None:
    server, file, name = sys.argv[1:]
    channel = grpc.insecure_channel(server)
    seen = []
    with open(file, encoding="utf-8") as opened:
        exchanges = json.load(opened)
    for exchange in exchanges:
        method = exchange["method"].rpartition("/")[2]
        request, response = (base64.b64decode(exchange[key]) for key in ("request", "response"))
        kinds = REQUESTS[method]
        parsed = kinds[0].FromString(request)
        again = channel.unary_unary(exchange["method"])(request, timeout=30)  # the very bytes
        assert kinds[1].FromString(again) == kinds[1].FromString(response), method
        seen.append(method)
        if method == "Predict":
            ask_in_own_words(channel, parsed, kinds[1].FromString(response))
        if method == "GetModelMetadata":
            signatures = get_model_metadata_pb2.SignatureDefMap()
            assert kinds[1].FromString(response).metadata["signature_def"].Unpack(signatures)
            assert "serving_default" in signatures.signature_def
        assert parsed.model_spec.name == name
    project = [
        module for module in sys.modules if module.split(".")[0] in ("pipeline", "components", "kubeflow", "tests")
    ]
    assert not project, project
    print(json.dumps(seen))


def ask_in_own_words(channel: grpc.Channel, recorded: predict_pb2.PredictRequest, expected: object) -> None:
    """Makes the request with TensorFlow's own functions: it is the same, and so is the answer."""
    request = predict_pb2.PredictRequest()
    request.model_spec.CopyFrom(recorded.model_spec)
    for key, tensor in recorded.inputs.items():
        values = tf.make_ndarray(tensor)
        request.inputs[key].CopyFrom(tf.make_tensor_proto(values, dtype=tensor.dtype, shape=values.shape))
    assert request.SerializeToString(deterministic=True) == recorded.SerializeToString(deterministic=True)
    response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=30)
    for key, tensor in response.outputs.items():
        assert (tf.make_ndarray(tensor) == tf.make_ndarray(expected.outputs[key])).all(), key


main()
