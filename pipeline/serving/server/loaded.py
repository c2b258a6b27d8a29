"""One version of a model in memory, ready to answer."""

import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from components.pusher.whole import why_unfit
from components.servable_check.warmup import WARMUP_FILE
from components.served_model import ServedModel
from pipeline.serving.answers import CLASSIFY
from pipeline.serving.protos import prediction_log_pb2
from pipeline.serving.server.batcher import Arrays, Batcher, Batching
from pipeline.serving.server.limits import LARGEST_TEXT
from pipeline.serving.server.refusals import invalid, no_signature
from pipeline.serving.server.threads import ModelThreads
from pipeline.serving.tensors import MOST_TEXTS, from_proto

_LONG = 450  # bytes, which are about 100 tokens, of English and of Japanese
_MOST_THREADS = 4


class Loaded:
    """Answers requests for any signature that takes one tensor of strings, as all of this project's do.

    Attributes:
        version: The model's version.
        signatures: ``SignatureDef`` by name.
    """

    def __init__(
        self,
        version: int,
        directory: Path,
        threads: ModelThreads,
        batching: Batching,
        threads_a_call: int | None = None,
    ) -> None:
        """Loads the model and sends it the requests of its warm-up.

        Args:
            version: The model's version.
            directory: Of the SavedModel.
            threads: Where the model is asked.
            batching: How requests are put together.
            threads_a_call: How many one call may use; None: as suits the texts of the warm-up. The first model of a
                process decides for all.

        Raises:
            Exception: Whatever TensorFlow raises for a model that is no model, or a warm-up that fails.
        """
        if problem := why_unfit(str(directory)):
            raise ValueError(problem)
        self.version = version
        requests = list(_read_warmup(directory / WARMUP_FILE))
        self._model = ServedModel(str(directory), threads=threads_a_call or _threads_for(requests))
        self.signatures: Mapping[str, Any] = self._model.signatures
        self._batchers = {name: Batcher(_asker(self._model, name), threads, batching) for name in self.signatures}
        self._warm_up(requests)

    async def answer(self, signature: str, texts: Sequence[bytes]) -> Arrays:
        """Asks for all outputs of a signature.

        Args:
            signature: One of `signatures`.
            texts: What its input takes, n of them.

        Returns:
            Arrays by output, their first dimension n.

        Raises:
            Refusal: If one of them is too long, or too much is waiting.
        """
        if max(map(len, texts), default=0) > LARGEST_TEXT:
            raise invalid(f"a text, or an Example, may have {LARGEST_TEXT:,} bytes: the model reads its beginning only")
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
        if len(array) > MOST_TEXTS:
            raise invalid(f"the request has {len(array):,} texts, and a request may have {MOST_TEXTS:,}: send several")
        return array.tolist()

    def _warm_up(self, requests: Sequence[prediction_log_pb2.PredictionLog]) -> None:
        for log in requests:
            if log.HasField("predict_log"):
                request = log.predict_log.request
                inputs = {name: from_proto(tensor) for name, tensor in request.inputs.items()}
                signature = request.model_spec.signature_name or CLASSIFY
                self._model(signature, self.texts_of(signature, inputs, ""))
            elif log.HasField("classify_log"):
                request = log.classify_log.request
                examples = [example.SerializeToString() for example in request.input.example_list.examples]
                self._model(request.model_spec.signature_name or CLASSIFY, examples)


def _read_warmup(file: Path) -> Iterator[prediction_log_pb2.PredictionLog]:
    if file.is_file():
        from tensorflow.python.lib.io import tf_record  # tf.data would start TensorFlow's threads, which come later

        for record in tf_record.tf_record_iterator(str(file)):
            yield prediction_log_pb2.PredictionLog.FromString(record)


def _threads_for(requests: Sequence[prediction_log_pb2.PredictionLog]) -> int:
    """One where texts are short, else several, which all calls share.

    The texts of a warm-up are real ones of evenly spread lengths. Of KNBC's sentences (90 bytes, 4 layers of 256) two
    threads make a call a third slower than one, of 20 Newsgroups' messages (1,200 bytes, 6 of 384) a tenth to a third
    faster, if it is alone.
    """
    inputs = [log.predict_log.request.inputs for log in requests if log.HasField("predict_log")]
    texts = [one["text"].string_val for one in inputs if "text" in one]  # asking a map for a key would add it
    lengths = [len(one[0]) for one in texts if len(one) == 1]
    is_long = bool(lengths) and statistics.median(lengths) >= _LONG
    return min(_MOST_THREADS, os.cpu_count() or 1) if is_long else 1


def _asker(model: ServedModel, signature: str) -> Any:
    return lambda texts: model(signature, texts)
