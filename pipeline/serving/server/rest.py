"""TF Serving's REST API on top of a `Service`.

Sources: https://www.tensorflow.org/tfx/serving/api_rest, tensorflow_serving/model_servers/http_rest_api_handler.cc and
http_rest_api_util.cc, whose expressions for paths and whose order of checks these are.
"""

import asyncio
import inspect
import json
import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

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
from pipeline.serving.server.connections import Connection
from pipeline.serving.server.json_answers import write_classifications, write_outputs
from pipeline.serving.server.json_values import fill_classification, read_inputs
from pipeline.serving.server.limits import BODY_SECONDS, LARGEST_BODY, SILENT_SECONDS
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.refusals import Refusal, invalid, too_large, too_late
from pipeline.serving.server.security import Access
from pipeline.serving.server.service import Service
from pipeline.serving.server.work import Work

API = "rest"
METRICS_PATH = "/monitoring/prometheus/metrics"  # as in TF Serving's documents
_ANY = re.compile(r"/v1/.*", re.I)
_ASKED = re.compile(
    r"/v1/models/([^/:]+)(?:(?:/versions/([0-9]+))|(?:/labels/([^/:]+)))?(?::|%3A)(classify|regress|predict)", re.I
)
_LOOKED_AT = re.compile(
    r"/v1/models(?:/([^/:]+))?(?:(?:/versions/([0-9]+))|(?:/labels/([^/:]+)))?(?:/(metadata))?", re.I
)
_REGRESS_METHOD = "tensorflow/serving/regress"
_LARGEST_VERSION = (1 << 63) - 1
_IDENTITY, _GZIP = {"", "identity"}, {"gzip", "x-gzip"}
_JSON = {"Content-Type": "application/json"}
_LONGEST_PATH = 200  # characters of a path in a message


class RestApi:
    """The paths below ``/v1/models``, and the metrics."""

    def __init__(self, service: Service, metrics: Metrics, access: Access, work: Work) -> None:
        """Keeps what it asks.

        Args:
            service: Answers.
            metrics: Counts.
            access: Knows who is answered.
            work: Does what is large.
        """
        self._service = service
        self._metrics = metrics
        self._access = access
        self._work = work

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answers a request, whatever it is."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.begin()
        try:
            return await self._answer(request)
        finally:
            connection.finish()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        path = _path(request)
        try:
            self._access.check(request.headers.get("Authorization"))
            if path == METRICS_PATH:
                page = self._metrics.page(self._service.version)
                return web.Response(body=page, headers={"Content-Type": "text/plain"})
            if not _ANY.fullmatch(path):
                raise Refusal(StatusCode.NOT_FOUND, f"Not found: {request.method} {path[:_LONGEST_PATH]}")
            if request.method == "OPTIONS":
                return _preflight(request)
            return await self._answer_api(request, path)
        except Refusal as refusal:
            return _error(refusal)

    async def _answer_api(self, request: web.BaseRequest, path: str) -> web.Response:
        malformed = invalid(f"Malformed request: {request.method} {path[:_LONGEST_PATH]}")
        if request.method == "POST" and (found := _ASKED.fullmatch(path)):
            *where, method = found.groups()
            methods: dict[str, tuple[str, _Answer]] = {
                "predict": ("Predict", self._predict),
                "classify": ("Classify", self._classify),
                "regress": ("Regress", self._regress),
            }
            if method not in methods:
                raise malformed
            name, answer = methods[method]
            with self._metrics.counted(API, name), self._work.pending() as arriving:
                spec = _spec(*where)
                body = await _receive(request, arriving)
                return _json(await answer(spec, await self._work.parse(body, _is_packed(request)), len(body)))
        if request.method == "GET" and (found := _LOOKED_AT.fullmatch(path)):
            *where, resource = found.groups()
            name = "GetModelMetadata" if resource == "metadata" else "GetModelStatus"
            with self._metrics.counted(API, name):
                if where[0] is None:
                    raise invalid("Missing model name in request.")
                spec = _spec(*where)
                found_of = self._metadata if resource == "metadata" else self._status
                return _json(json.dumps(await found_of(spec), ensure_ascii=False).encode())
        raise malformed

    async def _predict(self, spec: model_pb2.ModelSpec, body: dict[str, Any], size: int) -> bytes:
        signature = _signature(body) or CLASSIFY
        loaded = self._service.find(spec)
        if signature not in loaded.signatures:
            raise invalid(f'Serving signature name: "{signature}" not found in signature def')
        names = sorted(loaded.signatures[signature].inputs)
        inputs, layout = await self._work.run(size, read_inputs, body, names)
        outputs = await self._service.ask(loaded, signature, inputs)
        return await self._work.run(_weight(size, outputs), write_outputs, outputs, layout)

    async def _classify(self, spec: model_pb2.ModelSpec, body: dict[str, Any], size: int) -> bytes:
        asked = await self._read_examples(spec, body, size)
        found = await self._service.classify(asked)
        return await self._work.run(size, write_classifications, found)

    async def _regress(self, spec: model_pb2.ModelSpec, body: dict[str, Any], size: int) -> bytes:
        """These models have nothing that regresses: it always ends with the reason."""
        asked = await self._read_examples(spec, body, size)
        self._service.signature_for(asked.model_spec, _REGRESS_METHOD, "regression")
        raise invalid("this server does not regress")

    async def _read_examples(
        self, spec: model_pb2.ModelSpec, body: dict[str, Any], size: int
    ) -> classification_pb2.ClassificationRequest:
        spec.signature_name = _signature(body)
        asked = classification_pb2.ClassificationRequest(model_spec=spec)
        await self._work.run(size, fill_classification, asked, body)
        return asked

    async def _metadata(self, spec: model_pb2.ModelSpec) -> Any:
        asked = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        found = await self._service.metadata(asked)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        found.metadata["signature_def"].Unpack(signatures)
        return {"model_spec": _to_dict(found.model_spec), "metadata": {"signature_def": _to_dict(signatures)}}

    async def _status(self, spec: model_pb2.ModelSpec) -> Any:
        return _to_dict(await self._service.status(get_model_status_pb2.GetModelStatusRequest(model_spec=spec)))


_Answer = Callable[[model_pb2.ModelSpec, dict[str, Any], int], Awaitable[bytes]]


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, headers=_JSON)


def _error(refusal: Refusal) -> web.Response:
    response = web.Response(
        status=refusal.http_status,
        reason="Client Closed Request" if refusal.http_status == 499 else None,
        body=json.dumps({"error": refusal.details}).encode(),
        headers=_JSON,
    )
    if refusal.http_status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if refusal.http_status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        response.force_close()
    return response


def _preflight(request: web.BaseRequest) -> web.Response:
    if not re.search("https?://", request.headers.get("Origin", "")):
        return _error(Refusal(StatusCode.FAILED_PRECONDITION, "Origin header is missing in CORS preflight"))
    return web.Response()


def _path(request: web.BaseRequest) -> str:
    """The path with its query, as it was sent; of a whole address too, as proxies send it."""
    path = request.raw_path
    if path.startswith("/"):
        return path
    try:
        parts = urlsplit(path)
    except ValueError:
        return path
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def _receive(request: web.BaseRequest, arriving: Callable[[int], None]) -> bytes:
    """The body as it was sent, within the bounds of size and time."""
    length = request.content_length or 0
    if length > LARGEST_BODY:
        raise too_large(f"the body has {length:,} bytes, and a body may have {LARGEST_BODY:,}")
    if request.transport and request.headers.get("Expect", "").lower() == "100-continue":
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    chunks: list[bytes] = []
    size = 0
    timer: asyncio.TimerHandle | None = None
    try:
        while True:
            chunk = request.content.read_nowait()
            if not chunk:
                if request.content.at_eof():
                    return b"".join(chunks)
                # Cheaper than asyncio.wait_for, which makes a task of every wait.
                timer = timer or asyncio.get_running_loop().call_later(
                    BODY_SECONDS, request.content.set_exception, asyncio.TimeoutError()
                )
                chunk = await request.content.readany()
            size += len(chunk)
            if size > LARGEST_BODY:
                raise too_large(f"the body has more than {LARGEST_BODY:,} bytes")
            arriving(len(chunk))
            chunks.append(chunk)
    except asyncio.TimeoutError:
        connection = request.protocol
        if isinstance(connection, Connection) and time.monotonic() - connection.received > SILENT_SECONDS:
            connection.drop()
        raise too_late(f"the body did not arrive within {BODY_SECONDS:g} seconds") from None
    except web.RequestPayloadError:
        raise invalid("Malformed HTTP request: the body is not as its headers say") from None
    finally:
        if timer:
            timer.cancel()


def _is_packed(request: web.BaseRequest) -> bool:
    sent = request.headers.get("Content-Encoding", "")
    encodings = [one for word in sent.split(",") if (one := word.strip().lower()) not in _IDENTITY]
    if not encodings:
        return False
    if len(encodings) > 1 or encodings[0] not in _GZIP:
        raise invalid(f"Content-Encoding: {sent[:_LONGEST_PATH]} cannot be read: send gzip, or no encoding")
    return True


def _signature(body: dict[str, Any]) -> str:
    signature = body.get("signature_name", "")
    if not isinstance(signature, str):
        raise invalid("JSON Value: not formatted correctly. 'signature_name' key must be a string value.")
    return signature.encode(errors="surrogateescape").decode(errors="replace")


def _spec(name: str, version: str | None, label: str | None) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=_unescape(name), version_label=_unescape(label or ""))
    if version:
        digits = version.lstrip("0") or "0"
        if len(digits) > len(str(_LARGEST_VERSION)) or int(digits) > _LARGEST_VERSION:
            raise invalid(f"Failed to convert version: {version[:_LONGEST_PATH]} to numeric.")
        spec.version.value = int(digits)
    return spec


def _unescape(part: str) -> str:
    return unquote_to_bytes(part.encode(errors="surrogateescape")).decode(errors="replace")


def _weight(size: int, outputs: dict[str, Any]) -> int:
    return max(size, 8 * sum(array.size for array in outputs.values()))


_NAMES = {"including_default_value_fields", "always_print_fields_with_no_presence"}  # the second from protobuf 5 on
_ALL_FIELDS = (_NAMES & {*inspect.signature(MessageToDict).parameters}).pop()


def _to_dict(message: Any) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True, **{_ALL_FIELDS: True})
