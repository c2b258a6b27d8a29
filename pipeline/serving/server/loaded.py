"""One version of a model in memory, ready to answer."""

import concurrent.futures
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from components.servable_check.warmup import WARMUP_FILE
from components.served_model import ServedModel
from pipeline.serving.answers import CLASSIFY
from pipeline.serving.protos import prediction_log_pb2
from pipeline.serving.server.batcher import Arrays, Batcher, Batching
from pipeline.serving.server.refusals import invalid, no_signature
from pipeline.serving.tensors import from_proto


class Loaded:
    """Answers requests for any signature that takes one tensor of strings, as all of this project's do.

    Attributes:
        version: The model's version.
        signatures: ``SignatureDef`` by name.
    """

    def __init__(
        self, version: int, directory: Path, executor: concurrent.futures.Executor, batching: Batching
    ) -> None:
        """Loads the model and sends it the requests of its warm-up.

        Args:
            version: The model's version.
            directory: Of the SavedModel.
            executor: Where the model is asked.
            batching: How requests are put together.

        Raises:
            Exception: Whatever TensorFlow raises for a model that is no model, or a warm-up that fails.
        """
        self.version = version
        # One thread a call, and as many calls at a time as there are cores: sentences are too short to be divided.
        self._model = ServedModel(str(directory), threads=1)
        self.signatures: Mapping[str, Any] = self._model.signatures
        self._batchers = {name: Batcher(_asker(self._model, name), executor, batching) for name in self.signatures}
        self._warm_up(directory / WARMUP_FILE)

    async def answer(self, signature: str, texts: Sequence[bytes]) -> Arrays:
        """Asks for all outputs of a signature.

        Args:
            signature: One of `signatures`.
            texts: What its input takes, n of them.

        Returns:
            Arrays by output, their first dimension n.
        """
        return await self._batchers[signature].answer(texts)

    def texts_of(self, signature: str, inputs: Mapping[str, np.ndarray], model: str) -> list[bytes]:
        """The texts in the inputs of a request, which must be those of the signature.

        Args:
            signature: Its name.
            inputs: Arrays by name.
            model: The model's name, for messages.

        Raises:
            Refusal: If there is no such signature, or the inputs are not its own.
        """
        if signature not in self.signatures:
            raise no_signature(signature)
        wanted = self.signatures[signature].inputs
        if len(wanted) != 1:
            raise invalid(f'Signature "{signature}" does not take one tensor of strings.')
        extra, missing = sorted(set(inputs) - set(wanted)), sorted(set(wanted) - set(inputs))
        if extra or missing:
            raise invalid(
                f"Request inputs do not match required inputs for model `{model}`. "
                f"Send extra: {{{','.join(extra)}}}. Missing but required: {{{','.join(missing)}}}."
            )
        (name,) = wanted
        array = inputs[name]
        if array.dtype != object:
            sent = np.dtype(array.dtype).name
            raise invalid(f"Expected input {name} to be string but get {sent}.")
        if array.ndim != 1:
            raise invalid(f"Expected input {name} to be of shape [N] but get {list(array.shape)}.")
        return array.tolist()

    def _warm_up(self, file: Path) -> None:
        if not file.is_file():
            return
        import tensorflow as tf

        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(record)
            if log.HasField("predict_log"):
                request = log.predict_log.request
                inputs = {name: from_proto(tensor) for name, tensor in request.inputs.items()}
                signature = request.model_spec.signature_name or CLASSIFY
                self._model(signature, self.texts_of(signature, inputs, ""))
            elif log.HasField("classify_log"):
                request = log.classify_log.request
                examples = [example.SerializeToString() for example in request.input.example_list.examples]
                self._model(request.model_spec.signature_name or CLASSIFY, examples)


def _asker(model: ServedModel, signature: str) -> Any:
    return lambda texts: model(signature, texts)
