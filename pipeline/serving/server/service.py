"""What a server does with a request, whichever way it came: Predict, Classify, GetModelMetadata, GetModelStatus."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.servable_check.rules import CLASSIFY_METHOD
from components.text_facts import describe
from pipeline.serving.answers import CLASSIFY, TOKENIZE
from pipeline.serving.logged import texts_and_labels
from pipeline.serving.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
    prediction_log_pb2,
    tensor_pb2,
)
from pipeline.serving.server.loaded import Loaded
from pipeline.serving.server.refusals import Refusal, invalid, no_version, not_found, unavailable
from pipeline.serving.server.request_log import RequestLog
from pipeline.serving.server.versions import Status, Versions
from pipeline.serving.server.work import Work
from pipeline.serving.tensors import MOST_TEXTS, from_proto, to_proto

_STATES = get_model_status_pb2.ModelVersionStatus.State
_UNKNOWN_ERROR = 2
_STRING, _EXAMPLE = 16, 128  # bytes that are worked on for a value, for an Example: about


class Service:
    """One model by its name.

    Attributes:
        name: What clients call it.
        draining: Whether new requests are refused.
    """

    def __init__(self, name: str, versions: Versions[Loaded], work: Work, log: RequestLog | None = None) -> None:
        """Keeps them.

        Args:
            name: What the model is called by clients.
            versions: Of the model.
            work: Does what is large.
            log: Where requests are logged; None: nowhere.
        """
        self.name = name
        self._versions = versions
        self._work = work
        self._log = log
        self.draining = False
        self._logging: set[asyncio.Task[None]] = set()

    @property
    def is_ready(self) -> bool:
        """Whether some version answers."""
        return self._versions.current is not None

    @property
    def version(self) -> int | None:
        """The version that answers."""
        return self._versions.current.version if self._versions.current else None

    def find(self, spec: model_pb2.ModelSpec) -> Loaded:
        """The version that is asked for.

        Args:
            spec: Name, and perhaps version or label.

        Raises:
            Refusal: If it is not served.
        """
        version = spec.version.value if spec.HasField("version") else None
        if spec.version_label:
            raise _no_label(spec)
        if self.draining:
            raise unavailable("the server is shutting down")
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        current = self._versions.current
        if spec.name != self.name or current is None or version not in (None, current.version):
            raise not_found(spec.name, version)
        return current

    async def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        """Answers a request of the Predict API.

        Raises:
            Refusal: If it cannot be answered.
        """
        loaded = self.find(request.model_spec)
        size = sum(len(tensor.string_val) for tensor in request.inputs.values()) * _STRING
        inputs = await self._work.run(size, _read_tensors, request.inputs)
        signature = request.model_spec.signature_name or CLASSIFY
        wanted = list(request.output_filter)
        outputs = await self.ask(loaded, signature, inputs, wanted)
        response = predict_pb2.PredictResponse(model_spec=self._spec(loaded, signature))
        size = sum(array.size for array in outputs.values()) * _STRING
        await self._work.run(size, _write_tensors, response.outputs, outputs)
        return response

    async def ask(
        self, loaded: Loaded, signature: str, inputs: Mapping[str, np.ndarray], wanted: Sequence[str] = ()
    ) -> dict[str, np.ndarray]:
        """Asks a signature.

        Args:
            loaded: The version.
            signature: Its name.
            inputs: Arrays by name.
            wanted: Names of outputs; empty: all.

        Raises:
            Refusal: If there is no such signature, input or output.
        """
        texts = loaded.texts_of(signature, inputs, self.name)
        outputs = loaded.signatures[signature].outputs
        if unknown := sorted(set(wanted) - set(outputs)):
            raise invalid(
                f"output tensor alias not found in signature: {unknown[0]} "
                f"Outputs expected to be in the set {{{','.join(sorted(outputs))}}}."
            )
        found = await loaded.answer(signature, texts)
        if self._log and self._log.is_sampled():
            entry = prediction_log_pb2.PredictionLog()
            entry.predict_log.request.model_spec.CopyFrom(self._spec(loaded, signature))
            entry.predict_log.response.model_spec.CopyFrom(self._spec(loaded, signature))
            _write_tensors(entry.predict_log.request.inputs, inputs)
            _write_tensors(entry.predict_log.response.outputs, found)
            self._keep(self._log, loaded, entry)
        return {name: array for name, array in found.items() if not wanted or name in wanted}

    async def classify(
        self, request: classification_pb2.ClassificationRequest
    ) -> classification_pb2.ClassificationResponse:
        """Answers a request of the Classification API.

        Raises:
            Refusal: If it cannot be answered.
        """
        loaded, signature = self.signature_for(request.model_spec, CLASSIFY_METHOD, "classification")
        size = len(request.input.example_list.examples) + len(request.input.example_list_with_context.examples)
        examples = await self._work.run(size * _EXAMPLE, _serialized_examples, request)
        outputs = await loaded.answer(signature, examples)
        response = classification_pb2.ClassificationResponse(model_spec=self._spec(loaded, signature))
        await self._work.run(outputs["classes"].size * _STRING, _write_classes, response, outputs)
        if self._log and self._log.is_sampled():
            entry = prediction_log_pb2.PredictionLog()
            entry.classify_log.request.CopyFrom(request)
            entry.classify_log.response.CopyFrom(response)
            self._keep(self._log, loaded, entry)
        return response

    def signature_for(self, spec: model_pb2.ModelSpec, method: str, what: str) -> tuple[Loaded, str]:
        """The version that is asked for, and the name of its signature for an API other than Predict.

        Args:
            spec: Name, and perhaps version, label and signature.
            method: The API's, as signatures have it.
            what: The API's name, for messages.

        Raises:
            Refusal: If it has no such signature, or one of another API.
        """
        loaded = self.find(spec)
        signature = spec.signature_name or CLASSIFY
        found = loaded.signatures.get(signature)
        if found is None:
            raise invalid(f"No signature was found with the name: {signature}")
        if found.method_name != method:
            raise invalid(f"Expected {what} signature method_name to be {method}. Was: {found.method_name}")
        return loaded, signature

    async def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """The signatures.

        Raises:
            Refusal: If it is not served, or something else is asked for.
        """
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        if unknown := set(request.metadata_field) - {"signature_def"}:
            raise invalid(f"Metadata field {min(unknown)} is not supported")
        loaded = self.find(request.model_spec)
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in loaded.signatures.items():
            found.signature_def[name].ParseFromString(signature.SerializeToString())
        response = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=self._spec(loaded, ""))
        response.metadata["signature_def"].Pack(found)
        return response

    async def status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """The versions, newest first.

        Raises:
            Refusal: If there is no such model or version.
        """
        spec = request.model_spec
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        if spec.version_label:
            raise _no_label(spec)
        asked = spec.version.value if spec.HasField("version") else None
        states = {version: one for version, one in self._versions.states.items() if asked in (None, version)}
        if spec.name != self.name or not states:
            raise no_version(spec.name, asked)
        response = get_model_status_pb2.GetModelStatusResponse()
        for version, one in sorted(states.items(), reverse=True):
            _add_status(response, version, one)
        return response

    def _keep(self, log: RequestLog, loaded: Loaded, entry: prediction_log_pb2.PredictionLog) -> None:
        """Logs a request, after its answer has gone."""
        if log.keeps_texts:
            log.write_request(entry)
            return

        async def describe_texts() -> None:
            if (found := texts_and_labels(entry)) and TOKENIZE in loaded.signatures:
                texts, labels = zip(*found, strict=True)
                with contextlib.suppress(Refusal):  # too much is waiting, or will not be tokenized: one fact less
                    tokens = await loaded.answer(TOKENIZE, texts)
                    log.write_facts(describe(texts, tokens["length"].tolist(), tokens["unknown"].tolist(), labels))

        task = asyncio.create_task(describe_texts())
        self._logging.add(task)  # or it may be collected before it has run
        task.add_done_callback(self._logging.discard)

    async def drain(self) -> None:
        """Waits for what is still to be logged."""
        await asyncio.gather(*self._logging, return_exceptions=True)

    def _spec(self, loaded: Loaded, signature: str) -> model_pb2.ModelSpec:
        spec = model_pb2.ModelSpec(name=self.name, signature_name=signature)
        spec.version.value = loaded.version
        return spec


def _no_label(spec: model_pb2.ModelSpec) -> Refusal:
    return invalid(f"Unrecognized servable version label: {spec.version_label}")


def _write_tensors(message: Any, arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        message[name].CopyFrom(to_proto(array))


def _read_tensors(inputs: Mapping[str, tensor_pb2.TensorProto]) -> dict[str, np.ndarray]:
    try:
        return {name: from_proto(tensor) for name, tensor in inputs.items()}
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {error}") from None


def _serialized_examples(request: classification_pb2.ClassificationRequest) -> list[bytes]:
    """The Examples of a request; with a context they have the features of both, those of their own first."""
    context = request.input.example_list_with_context.context.SerializeToString()
    kind = request.input.WhichOneof("kind")
    if kind == "example_list_with_context":
        examples = request.input.example_list_with_context.examples
    else:
        examples, context = request.input.example_list.examples, b""
    if not examples:
        raise invalid("Input is empty.")
    if len(examples) > MOST_TEXTS:
        raise invalid(
            f"the request has {len(examples):,} Examples, and a request may have {MOST_TEXTS:,}: send several"
        )
    return [context + example.SerializeToString() for example in examples]


def _write_classes(response: classification_pb2.ClassificationResponse, outputs: Mapping[str, np.ndarray]) -> None:
    for labels, scores in zip(outputs["classes"].tolist(), outputs["scores"].tolist(), strict=True):
        row = response.result.classifications.add()
        for label, score in zip(labels, scores, strict=True):
            row.classes.add(label=label, score=score)


def _add_status(response: get_model_status_pb2.GetModelStatusResponse, version: int, status: Status) -> None:
    one = response.model_version_status.add(version=version, state=_STATES.Value(status.state))
    one.status.error_code = _UNKNOWN_ERROR if status.error else 0
    one.status.error_message = status.error
