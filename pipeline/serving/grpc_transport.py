"""Asks TF Serving over gRPC: PredictionService and ModelService of tensorflow-serving-api."""

import contextlib
import json
import logging
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import grpc
import grpc.aio
import numpy as np
from google.protobuf.message import DecodeError

from pipeline.serving.answers import checked_scores, malformed
from pipeline.serving.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    types_pb2,
)
from pipeline.serving.target import (
    LARGEST_ANSWER,
    Arrays,
    Scores,
    ServingError,
    Signature,
    Target,
    TensorSpec,
    VersionState,
)
from pipeline.serving.tensors import from_proto, to_proto

logging.getLogger("grpc").addHandler(logging.NullHandler())  # else an answer that is none is a traceback on stderr
warnings.filterwarnings("ignore", "Unexpected end-group tag", RuntimeWarning)  # protobuf's, of such an answer
_ANY_SIZE = -1
_LARGEST_RETRIED = 1 << 30  # bytes; by default gRPC sends what is above 256 KiB once only


class GrpcTransport:
    """One channel, which is kept open and connects again by itself. Used by one event loop."""

    def __init__(self, target: Target) -> None:
        """Opens the channel; the first request connects it.

        Args:
            target: The server and the model.
        """
        self._target = target
        self._metadata = [("authorization", f"Bearer {target.token}")] if target.token else None
        options = _options(target.attempts, not target.is_local)
        if target.tls:
            roots = target.ca_file.read_bytes() if target.ca_file else None
            credentials = grpc.ssl_channel_credentials(roots)
            self._channel = grpc.aio.secure_channel(target.server, credentials, options)
        else:
            self._channel = grpc.aio.insecure_channel(target.server, options)
        self._prediction = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._model = model_service_pb2_grpc.ModelServiceStub(self._channel)

    async def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Asks for all outputs of a signature."""
        request = predict_pb2.PredictRequest(model_spec=self._spec(signature))
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(to_proto(array))
        answer = await self._call(self._prediction.Predict, request)
        with _as_tf_serving(self._target):
            return {name: from_proto(proto) for name, proto in answer.outputs.items()}

    async def classify(self, signature: str, texts: Sequence[bytes]) -> Scores:
        """Asks through the Classification API."""
        request = classification_pb2.ClassificationRequest(model_spec=self._spec(signature))
        for text in texts:
            example = request.input.example_list.examples.add()
            example.features.feature["text"].bytes_list.value.append(text)
        answer = await self._call(self._prediction.Classify, request)
        found = [{one.label: one.score for one in row.classes} for row in answer.result.classifications]
        return checked_scores(self._target, found, len(texts))

    async def metadata(self) -> dict[str, Signature]:
        """The model's signatures."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec(), metadata_field=["signature_def"]
        )
        answer = await self._call(self._prediction.GetModelMetadata, request)
        found = get_model_metadata_pb2.SignatureDefMap()
        with _as_tf_serving(self._target):
            if not answer.metadata["signature_def"].Unpack(found):
                raise ValueError("no signature_def")
            return {
                name: Signature(one.method_name, _specs(one.inputs), _specs(one.outputs))
                for name, one in found.signature_def.items()
            }

    async def status(self) -> list[VersionState]:
        """The versions that the server has, or had."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._spec())
        answer = await self._call(self._model.GetModelStatus, request)
        states = get_model_status_pb2.ModelVersionStatus.State
        with _as_tf_serving(self._target):
            return [
                VersionState(one.version, states.Name(one.state), one.status.error_message)
                for one in answer.model_version_status
            ]

    async def close(self) -> None:
        """Closes the channel; requests that are under way are cancelled."""
        await self._channel.close()

    def _spec(self, signature: str = "") -> model_pb2.ModelSpec:
        spec = model_pb2.ModelSpec(name=self._target.name, signature_name=signature)
        if self._target.version is not None:
            spec.version.value = self._target.version
        elif self._target.label is not None:
            spec.version_label = self._target.label
        return spec

    async def _call(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        try:
            answer = await method(request, timeout=self._target.timeout, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise ServingError(error.code().name, f"{error.details() or 'no details'}{self._route(error)}") from None
        if answer is None:  # what gRPC makes of bytes that are no message
            raise malformed(self._target, "no message of its API")
        return answer

    def _route(self, error: grpc.aio.AioRpcError) -> str:
        """Names the proxy if nobody was reached through one."""
        proxy = self._target.proxy if error.code() is grpc.StatusCode.UNAVAILABLE else None
        return f" (through the proxy {proxy[1]} of {proxy[0]}; no_proxy leaves it out)" if proxy else ""


@contextlib.contextmanager
def _as_tf_serving(target: Target) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, DecodeError) as error:
        raise malformed(target, str(error)) from None


def _options(attempts: int, proxy: bool) -> list[tuple[str, Any]]:
    """Requests of any size; all addresses of a host in turn; gRPC's own retries; a proxy only to other machines.

    See https://github.com/grpc/proposal/blob/master/A6-client-retries.md and
    https://github.com/grpc/grpc/blob/master/doc/service_config.md.
    """
    policy = {
        "maxAttempts": attempts,
        "initialBackoff": "0.2s",
        "maxBackoff": "5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [{"name": [{}], **({"retryPolicy": policy} if attempts > 1 else {})}],
    }
    return [
        ("grpc.max_send_message_length", _ANY_SIZE),
        ("grpc.max_receive_message_length", LARGEST_ANSWER),
        ("grpc.enable_http_proxy", int(proxy)),
        ("grpc.service_config", json.dumps(config)),
        ("grpc.per_rpc_retry_buffer_size", _LARGEST_RETRIED),
    ]


def _specs(tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {
        name: TensorSpec(types_pb2.DataType.Name(one.dtype), _shape(one.tensor_shape)) for name, one in tensors.items()
    }


def _shape(shape: Any) -> tuple[int, ...] | None:
    return None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
