"""Asks TF Serving over REST: https://www.tensorflow.org/tfx/serving/api_rest."""

import asyncio
import base64
import contextlib
import json
import random
import ssl
import zlib
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp
import numpy as np
import yarl
from aiohttp import http_exceptions

from pipeline.serving.answers import checked_scores, malformed
from pipeline.serving.target import (
    LARGEST_ANSWER,
    Arrays,
    Redirected,
    Scores,
    ServingError,
    Signature,
    Target,
    TensorSpec,
    VersionState,
    origin,
)

# HTTP status -> the gRPC status that it stands for (https://cloud.google.com/apis/design/errors#handling_errors).
_CODES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ABORTED", 412: "FAILED_PRECONDITION", 413: "RESOURCE_EXHAUSTED", 429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_LONGEST_REASON = 200  # characters: what is no HTTP is quoted whole
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_NOT_PASSING = (aiohttp.ClientSSLError, aiohttp.ClientResponseError, http_exceptions.HttpProcessingError)
_REDIRECTS, _REPEATED = {301, 302, 303, 307, 308}, {307, 308}  # the others make a GET of a POST
_MOST_REDIRECTS = 5
_GZIP = 31  # zlib's number for it
_LARGEST_RANK = 32  # NumPy's


class RestTransport:
    """One pool of connections, which are kept open. Used by one event loop."""

    def __init__(self, target: Target) -> None:
        """Prepares the pool; the first request connects.

        Args:
            target: The server and the model.
        """
        self._target = target
        headers = {"Accept-Encoding": "gzip"}
        if target.token:
            headers["Authorization"] = f"Bearer {target.token}"
        context = ssl.create_default_context(cafile=str(target.ca_file) if target.ca_file else None)
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(ssl=context),
            auto_decompress=False,  # it has no bound
            timeout=aiohttp.ClientTimeout(total=None),  # one for all attempts, below
        )
        version = f"/versions/{target.version}" if target.version is not None else ""
        label = f"/labels/{quote(target.label, safe='')}" if target.label is not None else ""
        self._model = f"{target.server.rstrip('/')}/v1/models/{quote(target.name, safe='')}{version}{label}"
        self._signatures: dict[str, Signature] | None = None

    async def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Asks for all outputs of a signature, in the column format."""
        columns = {name: _to_json(array.tolist()) for name, array in inputs.items()}
        answer = await self._call("POST", ":predict", {"signature_name": signature, "inputs": columns})
        outputs = self._part(answer, "outputs")
        names = await self._output_names(signature)
        with self._as_tf_serving():
            # A single output comes without its name.
            found = dict(zip(names, [outputs], strict=True)) if len(names) == 1 else _object(outputs)
            return {name: to_array(values) for name, values in found.items()}

    async def classify(self, signature: str, texts: Sequence[bytes]) -> Scores:
        """Asks through the Classification API."""
        examples = [{"text": _to_json(text)} for text in texts]
        answer = await self._call("POST", ":classify", {"signature_name": signature, "examples": examples})
        with self._as_tf_serving():
            found = [{_text(label): float(score) for label, score in row} for row in self._part(answer, "results")]
        return checked_scores(self._target, found, len(texts))

    async def metadata(self) -> dict[str, Signature]:
        """The model's signatures."""
        answer = await self._call("GET", "/metadata")
        found = self._part(answer, "metadata", "signature_def", "signature_def")
        with self._as_tf_serving():
            return {
                name: Signature(_text(one["method_name"]), _specs(one["inputs"]), _specs(one["outputs"]))
                for name, one in found.items()
            }

    async def status(self) -> list[VersionState]:
        """The versions that the server has, or had."""
        answer = await self._call("GET", "")
        with self._as_tf_serving():
            return [
                VersionState(int(one["version"]), _text(one["state"]), _text(one["status"]["error_message"]))
                for one in self._part(answer, "model_version_status")
            ]

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    def _part(self, answer: Any, *keys: str) -> Any:
        for key in keys:
            if not isinstance(answer, dict) or key not in answer:
                raise malformed(self._target, f"no {key!r}")
            answer = answer[key]
        return answer

    async def _output_names(self, signature: str) -> list[str]:
        if self._signatures is None:
            self._signatures = await self.metadata()
        return sorted(self._signatures[signature].outputs) if signature in self._signatures else []

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            return await asyncio.wait_for(self._try(method, path, body), self._target.timeout)
        except asyncio.TimeoutError:
            raise ServingError("DEADLINE_EXCEEDED", f"no answer within {self._target.timeout:g} s") from None

    async def _try(self, method: str, path: str, body: object) -> Any:
        for retry in range(self._target.attempts - 1):
            try:
                return await self._call_once(method, path, body)
            except ServingError as error:
                # Another attempt does not change whom one trusts, or what speaks there.
                if error.code != "UNAVAILABLE" or isinstance(error.__cause__, _NOT_PASSING):
                    raise
            pause = min(_FIRST_PAUSE * 2**retry, _LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        return await self._call_once(method, path, body)

    async def _call_once(self, method: str, path: str, body: object) -> Any:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        url = yarl.URL(self._model + path, encoded=True)
        for _ in range(_MOST_REDIRECTS):
            try:
                async with self._session.request(method, url, data=data, allow_redirects=False) as response:
                    if response.status not in _REDIRECTS:
                        return self._answer(response.status, await self._content(response))
                    url = self._redirected(url, response.status, response.headers.get("Location", ""))
            except (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError) as error:
                raise ServingError("UNAVAILABLE", str(error)[:_LONGEST_REASON]) from error
        raise malformed(self._target, f"more than {_MOST_REDIRECTS} redirects")

    def _redirected(self, url: yarl.URL, status: int, location: str) -> yarl.URL:
        """Where to ask again: texts and token go to the server that was named, and nowhere else."""
        try:
            target = url.join(yarl.URL(location))
            same = bool(location) and origin(str(target)) == origin(str(url))
        except ValueError:
            raise malformed(self._target, f"HTTP status {status} to {location[:_LONGEST_REASON]!r}") from None
        if same and status in _REPEATED:
            return target
        raise Redirected(
            "FAILED_PRECONDITION",
            f"{self._target.server} redirects (HTTP status {status}) to {str(target)[:_LONGEST_REASON]}; "
            "nothing was sent there: if you trust that address, name it as the server",
        )

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, unpacked, of at most so many bytes."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        unpack = zlib.decompressobj(_GZIP) if coding == "gzip" else None
        if unpack is None and coding not in ("identity", ""):
            raise malformed(self._target, f"Content-Encoding {coding[:_LONGEST_REASON]!r}, which nobody asked for")
        content = bytearray()
        async for chunk in response.content.iter_any():
            try:
                content += unpack.decompress(chunk, LARGEST_ANSWER + 1 - len(content)) if unpack else chunk
            except zlib.error:
                raise malformed(self._target, "what is called gzip is none") from None
            if len(content) > LARGEST_ANSWER:
                raise ServingError("RESOURCE_EXHAUSTED", f"an answer of over {LARGEST_ANSWER:,} bytes")
        if unpack and not unpack.eof:
            raise malformed(self._target, "gzip that breaks off")
        return bytes(content)

    def _answer(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if status != HTTPStatus.OK:
            told = answer.get("error") if isinstance(answer, dict) else None
            code = _CODES.get(status, "UNKNOWN")
            raise ServingError(code, told if isinstance(told, str) and told else f"HTTP status {status}")
        if not isinstance(answer, dict):
            raise malformed(self._target, "no JSON object")
        return answer

    @contextlib.contextmanager
    def _as_tf_serving(self) -> Iterator[None]:
        try:
            yield
        except KeyError as error:
            raise malformed(self._target, f"no {error}") from None
        except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise malformed(self._target, str(error)) from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("outputs are no object")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in the place of a string")
    return value


def _to_json(value: Any) -> Any:
    """Texts as strings, and as base64 where they are not UTF-8."""
    if isinstance(value, list):
        return [_to_json(one) for one in value]
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(value).decode()}


def to_array(values: Any) -> np.ndarray:
    """The array of an output in JSON: of ``bytes`` as objects, float32, integers or truth values.

    Args:
        values: Nested lists of equal lengths; strings, ``{"b64": …}``, numbers or truth values, all of one kind.

    Raises:
        TypeError: If there is anything else in them.
        ValueError: If lengths differ, or what is called base64 is none.
    """
    shape, flat = [], [values]
    while flat and isinstance(flat[0], list):
        size = len(flat[0])
        if not all(isinstance(one, list) and len(one) == size for one in flat):
            raise ValueError("lists of different lengths")
        shape.append(size)
        flat = [inner for one in flat for inner in one]
        if len(shape) > _LARGEST_RANK:
            raise ValueError(f"lists more than {_LARGEST_RANK} deep")
    kinds = {type(one) for one in flat}
    if kinds <= {str, dict}:
        array: np.ndarray = np.empty(len(flat), object)
        array[:] = [_as_bytes(one) for one in flat]
    elif kinds <= {int, float}:
        with np.errstate(over="ignore"):  # what float32 does not hold is infinite
            array = np.array(flat, np.float32 if float in kinds else np.int64)
    elif kinds == {bool}:
        array = np.array(flat)
    else:
        raise TypeError(f"{', '.join(sorted(kind.__name__ for kind in kinds))} in one output")
    return array.reshape(shape)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if set(value) != {"b64"}:
        raise TypeError("an object in the place of a string")
    return base64.b64decode(_text(value["b64"]), validate=True)


def _specs(tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {name: TensorSpec(_text(one["dtype"]), _shape(one["tensor_shape"])) for name, one in tensors.items()}


def _shape(shape: Mapping[str, Any]) -> tuple[int, ...] | None:
    return None if shape.get("unknown_rank") else tuple(int(dim["size"]) for dim in shape["dim"])
