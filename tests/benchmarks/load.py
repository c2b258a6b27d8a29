"""Clients that ask a server as fast as it answers, and what they saw."""

import concurrent.futures
import http.client
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc

from pipeline.serving.protos import predict_pb2, prediction_service_pb2_grpc

Ask = Callable[[str], object]


@dataclass(frozen=True)
class Load:
    """What so many clients saw.

    Attributes:
        clients: That asked at a time, each one text after the other.
        rate: Texts a second.
        p50: Milliseconds within which half of them were answered; p95 and p99 likewise.
        failed: Requests without an answer.
    """

    clients: int
    rate: float
    p50: float
    p95: float
    p99: float
    failed: int


def grpc_client(address: str, name: str) -> Ask:
    """A channel of its own to a PredictionService."""
    channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def ask(text: str) -> object:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = name
        tensor = request.inputs["text"]
        tensor.dtype = 7
        tensor.tensor_shape.dim.add(size=1)
        tensor.string_val.append(text.encode())
        return stub.Predict(request, timeout=60)

    return ask


def naive_client(address: str) -> Ask:
    """A connection of its own to the naive service."""
    connection = http.client.HTTPConnection(address, timeout=60)

    def ask(text: str) -> object:
        connection.request("POST", "/", json.dumps({"text": text}))
        return json.loads(connection.getresponse().read())

    return ask


def put_under_load(make: Callable[[], Ask], texts: Sequence[str], clients: int, seconds: float) -> Load:
    """Asks for so many seconds, with so many clients at a time.

    Args:
        make: Makes a client.
        texts: What is asked, over and over, every client from another place on.
        clients: How many.
        seconds: How long.
    """

    def run(number: int, ask: Ask) -> tuple[list[float], int]:
        taken: list[float] = []
        failed, place = 0, number * 37
        while time.perf_counter() < end:
            start = time.perf_counter()
            try:
                ask(texts[place % len(texts)])
            except (grpc.RpcError, OSError, ValueError, http.client.HTTPException):
                failed += 1
            taken.append(time.perf_counter() - start)
            place += 1
        return taken, failed

    asks = [make() for _ in range(clients)]
    for ask in asks:
        ask(texts[0])  # connects
    start = time.perf_counter()
    end = start + seconds
    with concurrent.futures.ThreadPoolExecutor(clients) as executor:
        found = list(executor.map(run, range(clients), asks))
    elapsed = time.perf_counter() - start
    taken = sorted(one for times, _ in found for one in times)

    def percentile(share: float) -> float:
        return round(1000 * taken[min(len(taken) - 1, int(share * len(taken)))], 2)

    failures = sum(failed for _, failed in found)
    return Load(clients, len(taken) / elapsed, percentile(0.5), percentile(0.95), percentile(0.99), failures)
