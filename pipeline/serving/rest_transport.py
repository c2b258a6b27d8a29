"""Asks TF Serving over REST: https://www.tensorflow.org/tfx/serving/api_rest."""

import asyncio
import base64
import json
import random
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import numpy as np

from pipeline.serving.target import Arrays, Scores, ServingError, Signature, Target, TensorSpec, VersionState

# HTTP status -> the gRPC status that it stands for (https://cloud.google.com/apis/design/errors#handling_errors).
_CODES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ABORTED", 412: "FAILED_PRECONDITION", 413: "RESOURCE_EXHAUSTED", 429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_LONGEST_REASON = 200  # characters: what is no HTTP is quoted whole
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class RestTransport:
    """One pool of connections, which are kept open. Used by one event loop."""

    def __init__(self, target: Target) -> None:
        """Prepares the pool; the first request connects.

        Args:
            target: The server and the model.
        """
        self._target = target
        headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
        context = ssl.create_default_context(cafile=str(target.ca_file) if target.ca_file else None)
        self._session = aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(total=None),  # one for all attempts, below
        )
        version = f"/versions/{target.version}" if target.version is not None else ""
        label = f"/labels/{target.label}" if target.label is not None else ""
        self._model = f"{target.server.rstrip('/')}/v1/models/{target.name}{version}{label}"
        self._signatures: dict[str, Signature] | None = None

    async def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Asks for all outputs of a signature, in the column format."""
        columns = {name: _to_json(array.tolist()) for name, array in inputs.items()}
        answer = await self._call("POST", ":predict", {"signature_name": signature, "inputs": columns})
        outputs = self._part(answer, "outputs")
        names = await self._output_names(signature)
        # A single output comes without its name.
        found = dict(zip(names, [outputs], strict=True)) if len(names) == 1 else outputs
        return {name: _to_array(values) for name, values in found.items()}

    async def classify(self, signature: str, texts: Sequence[bytes]) -> Scores:
        """Asks through the Classification API."""
        examples = [{"text": _to_json(text)} for text in texts]
        answer = await self._call("POST", ":classify", {"signature_name": signature, "examples": examples})
        return [dict(row) for row in self._part(answer, "results")]

    async def metadata(self) -> dict[str, Signature]:
        """The model's signatures."""
        answer = await self._call("GET", "/metadata")
        found = self._part(answer, "metadata", "signature_def", "signature_def")
        return {
            name: Signature(one["method_name"], _specs(one["inputs"]), _specs(one["outputs"]))
            for name, one in found.items()
        }

    async def status(self) -> list[VersionState]:
        """The versions that the server has, or had."""
        answer = await self._call("GET", "")
        return [
            VersionState(int(one["version"]), one["state"], one["status"]["error_message"])
            for one in self._part(answer, "model_version_status")
        ]

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    def _part(self, answer: Any, *keys: str) -> Any:
        for key in keys:
            if not isinstance(answer, dict) or key not in answer:
                raise ServingError("INTERNAL", f"{self._target.server} does not answer as TF Serving does: no {key!r}")
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
                # Another attempt does not change whom one trusts.
                if error.code != "UNAVAILABLE" or isinstance(error.__cause__, aiohttp.ClientSSLError):
                    raise
            pause = min(_FIRST_PAUSE * 2**retry, _LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        return await self._call_once(method, path, body)

    async def _call_once(self, method: str, path: str, body: object) -> Any:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._session.request(method, self._model + path, data=data) as response:
                content = await response.read()
        except aiohttp.ClientError as error:
            raise ServingError("UNAVAILABLE", str(error)[:_LONGEST_REASON]) from error
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if response.status != 200:
            code = _CODES.get(response.status, "UNKNOWN")
            raise ServingError(
                code,
                answer["error"] if isinstance(answer, dict) and "error" in answer else f"HTTP status {response.status}",
            )
        if not isinstance(answer, dict):
            raise ServingError("INTERNAL", f"{self._target.server} does not answer in JSON")
        return answer


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


def _to_array(values: Any) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "UO":
        return array.astype(np.float32) if array.dtype.kind == "f" else array
    flat = [
        base64.b64decode(one["b64"]) if isinstance(one, dict) else one.encode()
        for one in np.asarray(values, object).ravel()
    ]
    return np.array(flat, object).reshape(array.shape)


def _specs(tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {name: TensorSpec(one["dtype"], _shape(one["tensor_shape"])) for name, one in tensors.items()}


def _shape(shape: Mapping[str, Any]) -> tuple[int, ...] | None:
    return None if shape.get("unknown_rank") else tuple(int(dim["size"]) for dim in shape["dim"])
