"""Servers that fail so many times before they answer, over gRPC and REST, and count what they are asked."""

import concurrent.futures
import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import numpy as np

from pipeline.serving.protos import predict_pb2
from pipeline.serving.tensors import from_proto, to_proto

HTTP = {grpc.StatusCode.UNAVAILABLE: 503, grpc.StatusCode.INTERNAL: 500, grpc.StatusCode.INVALID_ARGUMENT: 400}


@dataclass
class Failing:
    """What it does, and how often it was asked for labels."""

    times: int
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    seconds: float = 0.0
    address: str = ""
    calls: int = 0

    def fails(self) -> bool:
        self.calls += 1
        time.sleep(self.seconds)
        return self.calls <= self.times


def _outputs(rows: int) -> dict[str, np.ndarray]:
    return {
        "label": np.array(["京都".encode()] * rows, object),
        "score": np.ones(rows, np.float32),
        "labels": np.array([["京都".encode()]] * rows, object),
        "probabilities": np.ones((rows, 1), np.float32),
    }


@contextlib.contextmanager
def over_grpc(failing: Failing) -> Iterator[Failing]:
    def predict(request: predict_pb2.PredictRequest, context: grpc.ServicerContext) -> predict_pb2.PredictResponse:
        if failing.fails():
            context.abort(failing.code, "busy")
        response = predict_pb2.PredictResponse()
        for name, array in _outputs(len(from_proto(request.inputs["text"]))).items():
            response.outputs[name].CopyFrom(to_proto(array))
        return response

    handler = grpc.unary_unary_rpc_method_handler(
        predict, predict_pb2.PredictRequest.FromString, predict_pb2.PredictResponse.SerializeToString
    )
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    service = "tensorflow.serving.PredictionService"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Predict": handler})])
    failing.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield failing
    finally:
        server.stop(None)


@contextlib.contextmanager
def over_rest(failing: Failing) -> Iterator[Failing]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if failing.fails():
                self.answer(HTTP[failing.code], {"error": "busy"})
            else:
                outputs = _outputs(len(body["inputs"]["text"])).items()
                self.answer(200, {"outputs": {name: _plain(array.tolist()) for name, array in outputs}})

        def do_GET(self) -> None:
            outputs = {name: {"dtype": "DT_STRING", "tensor_shape": {"dim": []}} for name in _outputs(1)}
            one = {"method_name": "", "inputs": {}, "outputs": outputs}
            self.answer(200, {"metadata": {"signature_def": {"signature_def": {"serving_default": one}}}})

        def answer(self, status: int, content: object) -> None:
            text = json.dumps(content).encode()
            with contextlib.suppress(OSError):  # who asked has gone
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        failing.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield failing
        finally:
            server.shutdown()
            thread.join()


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.decode() if isinstance(value, bytes) else value
