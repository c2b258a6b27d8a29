"""TF Serving's REST API on top of a `Service`: https://www.tensorflow.org/tfx/serving/api_rest."""

import asyncio
import inspect
import json
from typing import Any

from aiohttp import web
from google.protobuf.json_format import MessageToDict
from grpc import StatusCode

from pipeline.serving.answers import CLASSIFY
from pipeline.serving.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
)
from pipeline.serving.server.json_values import read_examples, read_inputs, write_outputs
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.refusals import Refusal, invalid, no_signature
from pipeline.serving.server.service import Service

API = "rest"
METRICS_PATH = "/monitoring/prometheus/metrics"  # as in TF Serving's documents
_MODEL = r"/v1/models/{name:[^/:]+}"
_VERSIONS = ("", r"/versions/{version:\d+}", r"/labels/{label:[^/:]+}")


class RestApi:
    """The paths below ``/v1/models``, and the metrics."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        """Keeps what it asks.

        Args:
            service: Answers.
            metrics: Counts.
        """
        self._service = service
        self._metrics = metrics

    def application(self) -> web.Application:
        """The application that a server runs."""
        application = web.Application(client_max_size=0)  # of any size, as over gRPC
        for version in _VERSIONS:
            application.router.add_get(_MODEL + version, self._status)
            application.router.add_get(f"{_MODEL}{version}/metadata", self._metadata)
            application.router.add_post(f"{_MODEL}{version}:predict", self._predict)
            application.router.add_post(f"{_MODEL}{version}:classify", self._classify)
        application.router.add_get(METRICS_PATH, self._prometheus)
        application.router.add_route("*", "/{rest:.*}", self._malformed)
        return application

    async def _predict(self, request: web.Request) -> web.Response:
        async def answer() -> Any:
            body = await _body(request)
            loaded = self._service.find(_spec(request))
            signature = _signature(body)
            if signature not in loaded.signatures:
                raise no_signature(signature)
            inputs, layout = read_inputs(body, sorted(loaded.signatures[signature].inputs))
            return write_outputs(await self._service.ask(loaded, signature, inputs), layout)

        return await self._answer("Predict", answer())

    async def _classify(self, request: web.Request) -> web.Response:
        async def answer() -> Any:
            body = await _body(request)
            spec = _spec(request)
            spec.signature_name = _signature(body)
            asked = classification_pb2.ClassificationRequest(model_spec=spec)
            for features in read_examples(body):
                example = asked.input.example_list.examples.add()
                for name, values in features.items():
                    example.features.feature[name].bytes_list.value.extend(values)
            found = await self._service.classify(asked)
            return {
                "results": [[[one.label, one.score] for one in row.classes] for row in found.result.classifications]
            }

        return await self._answer("Classify", answer())

    async def _metadata(self, request: web.Request) -> web.Response:
        async def answer() -> Any:
            asked = get_model_metadata_pb2.GetModelMetadataRequest(
                model_spec=_spec(request), metadata_field=["signature_def"]
            )
            found = await self._service.metadata(asked)
            signatures = get_model_metadata_pb2.SignatureDefMap()
            found.metadata["signature_def"].Unpack(signatures)
            return {
                "model_spec": _to_dict(found.model_spec),
                "metadata": {"signature_def": _to_dict(signatures)},
            }

        return await self._answer("GetModelMetadata", answer())

    async def _status(self, request: web.Request) -> web.Response:
        async def answer() -> Any:
            asked = get_model_status_pb2.GetModelStatusRequest(model_spec=_spec(request))
            return _to_dict(await self._service.status(asked))

        return await self._answer("GetModelStatus", answer())

    async def _prometheus(self, request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.page(self._service.version), content_type="text/plain")

    async def _malformed(self, request: web.Request) -> web.Response:
        if not request.path.startswith("/v1/"):
            return _error(Refusal(StatusCode.NOT_FOUND, f"Not found: {request.method} {request.path}"))
        return _error(invalid(f"Malformed request: {request.method} {request.path}"))

    async def _answer(self, method: str, answer: Any) -> web.Response:
        try:
            with self._metrics.counted(API, method):
                content = await answer
                text = await asyncio.to_thread(json.dumps, content, ensure_ascii=False)
                return web.Response(text=text, content_type="application/json")
        except Refusal as refusal:
            return _error(refusal)


def _error(refusal: Refusal) -> web.Response:
    text = json.dumps({"error": refusal.details})
    return web.Response(status=refusal.http_status, text=text, content_type="application/json")


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(body, dict):
        raise invalid("the request's body must be a JSON object")
    return body


def _signature(body: dict[str, Any]) -> str:
    signature = body.get("signature_name", "")
    if not isinstance(signature, str):
        raise invalid("'signature_name' key must be a string value.")
    return signature or CLASSIFY


def _spec(request: web.Request) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=request.match_info["name"], version_label=request.match_info.get("label", ""))
    if version := request.match_info.get("version"):
        if len(version) > 18:
            raise invalid(f"Failed to convert version: {version} to numeric.")
        spec.version.value = int(version)
    return spec


_NAMES = {"including_default_value_fields", "always_print_fields_with_no_presence"}  # the second from protobuf 5 on
_ALL_FIELDS = (_NAMES & {*inspect.signature(MessageToDict).parameters}).pop()


def _to_dict(message: Any) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True, **{_ALL_FIELDS: True})
