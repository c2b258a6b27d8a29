"""What the signatures of a served model must look like and answer.

Part of the probe's clean process: imports NumPy only.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Outputs = Mapping[str, np.ndarray]

FILL_MASK_TOP = 5
PREDICT_METHOD, CLASSIFY_METHOD = "tensorflow/serving/predict", "tensorflow/serving/classify"
# Padding to another length changes the order of float32 sums, not the answer; so does another machine.
_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Spec:
    """Type of a tensor in a signature.

    Attributes:
        dtype: TensorFlow's name of the type.
        shape: Sizes, None where open; None if even the rank is open.
    """

    dtype: str
    shape: tuple[int | None, ...] | None

    def fits(self, wanted: "Spec") -> bool:
        """Whether a tensor of this type can be what is wanted: where both give a size, they agree."""
        if self.shape is None or wanted.shape is None:
            return self.dtype == wanted.dtype
        same_rank = len(self.shape) == len(wanted.shape)
        batch_is_open = self.shape[:1] == (None,)
        return (
            self.dtype == wanted.dtype
            and same_rank
            and batch_is_open
            and all(a is None or b is None or a == b for a, b in zip(self.shape, wanted.shape, strict=True))
        )

    def __str__(self) -> str:
        """For messages: ``string[N, 5]``."""
        if self.shape is None:
            return f"{self.dtype}[?]"
        return f"{self.dtype}[{', '.join('N' if size is None else str(size) for size in self.shape)}]"


@dataclasses.dataclass(frozen=True)
class Rule:
    """What one signature must take and give.

    Attributes:
        input: Name of the one tensor that it takes, string ``[N]``.
        outputs: Tensors that it must give; more are allowed.
        check: Says what is wrong with the outputs for a batch of so many texts.
        score: Name of the number that must not depend on the other texts of a batch.
        needs_mask: Whether a text must hold ``[MASK]``.
        wrapped: Whether it takes serialized Examples with the text, and not the text.
        method: Name of the serving API that calls it.
    """

    outputs: Mapping[str, Spec]
    check: Callable[[Outputs, int], list[str]]
    score: str
    input: str = "text"
    needs_mask: bool = False
    wrapped: bool = False
    method: str = PREDICT_METHOD


def signature_failures(
    name: str, rule: Rule, inputs: Mapping[str, Spec], outputs: Mapping[str, Spec], method: str
) -> list[str]:
    """Compares a signature with its rule.

    Args:
        name: Of the signature.
        rule: What it must be like.
        inputs: What it takes.
        outputs: What it gives.
        method: The name of its serving API.

    Returns:
        A sentence for everything that is wrong.
    """
    failures = []
    taken = {rule.input: Spec("string", (None,))}
    if set(inputs) != set(taken):
        failures.append(f"{name}: takes {sorted(inputs)}, must take {sorted(taken)}")
    if method != rule.method:
        failures.append(f"{name}: is for the API {method}, must be for {rule.method}")
    for kind, wanted, found in (("input", taken, inputs), ("output", rule.outputs, outputs)):
        for key, spec in wanted.items():
            if key not in found:
                if kind == "output":
                    failures.append(f"{name}: has no output {key!r}")
            elif not found[key].fits(spec):
                failures.append(f"{name}: {kind} {key!r} is {found[key]}, must be {spec}")
    return failures


def batch_failures(
    name: str, rule: Rule, alone: Mapping[str, Outputs], together: Outputs, keys: Sequence[str]
) -> list[str]:
    """Checks that a text gets the same scores alone and in a batch: padding must not leak.

    Args:
        name: Of the signature.
        rule: Of the signature.
        alone: Outputs of each text sent alone, by its name.
        together: Outputs of the batch.
        keys: Names of the texts of the batch, in order.

    Returns:
        A sentence for every text whose scores differ.
    """
    wrong = {}
    for row, key in enumerate(keys):
        difference = float(np.max(np.abs(together[rule.score][row] - alone[key][rule.score][0])))
        if difference > _TOLERANCE:
            wrong[key] = difference
    return [
        f"{name}: {key} text: {rule.score} differ by {difference:.3g} between a batch of 1 and of {len(keys)}"
        for key, difference in wrong.items()
    ]


def expected_failures(answer: Outputs, expected: np.ndarray) -> list[str]:
    """Compares a classifier with what it answered in the process that trained it.

    Args:
        answer: Outputs of ``serving_default``.
        expected: Probabilities, of shape ``[n, labels]``.
    """
    found = answer["probabilities"]
    if found.shape != expected.shape:
        return [f"serving_default: probabilities {found.shape}, but the trainer's were {expected.shape}"]
    difference = float(np.max(np.abs(found - expected), initial=0))
    if difference > _TOLERANCE or not np.all(np.isfinite(found)):
        return [f"serving_default: probabilities differ by {difference:.3g} from those that the trainer saw"]
    return []


def classifier_failures(outputs: Outputs, rows: int) -> list[str]:
    """Checks what a classifier answered to so many texts."""
    labels, probabilities = outputs["labels"], outputs["probabilities"]
    if probabilities.ndim != 2 or len(probabilities) != rows or labels.shape != probabilities.shape:
        return [f"labels {labels.shape} and probabilities {probabilities.shape}, must be ({rows}, K)"]
    shapes = {key: outputs[key].shape for key in ("label", "score") if outputs[key].shape != (rows,)}
    if shapes:
        return [f"{key} has shape {shape}, must be ({rows},)" for key, shape in shapes.items()]
    failures = _text_failures("labels", labels)
    if not np.all(np.isfinite(probabilities)):
        return [*failures, "probabilities are not finite"]
    failures += _several_failures(outputs) if "chosen" in outputs else _distribution_failures(probabilities)
    if any(len(set(row)) < len(row) for row in labels[:1].tolist()) or not np.all(labels == labels[0]):
        failures.append("labels are not distinct, or not the same in every row")
    index = np.arange(rows), probabilities.argmax(axis=1)
    if not np.all(outputs["label"] == labels[index]) or np.any(np.abs(outputs["score"] - probabilities[index]) > 1e-6):
        failures.append("label and score are not those of the highest probability")
    return failures


def _distribution_failures(probabilities: np.ndarray) -> list[str]:
    off = float(np.max(np.abs(probabilities.sum(axis=1) - 1)))
    if off > _TOLERANCE or probabilities.min() < 0:
        return [f"probabilities are no distribution: a sum is off by {off:.3g}"]
    return []


def _several_failures(outputs: Outputs) -> list[str]:
    """Of a classifier that may give several labels: ``chosen`` are those from some probability on."""
    probabilities, chosen = outputs["probabilities"], outputs["chosen"]
    if chosen.shape != probabilities.shape or chosen.dtype != bool:
        return [f"chosen is {chosen.dtype} {chosen.shape}, must be bool {probabilities.shape}"]
    if probabilities.min() < 0 or probabilities.max() > 1:
        return ["probabilities are not all between 0 and 1"]
    if chosen.any() and not chosen.all() and probabilities[chosen].min() < probabilities[~chosen].max():
        return ["a label is chosen that is less probable than one that is not"]
    return []


def fill_mask_failures(outputs: Outputs, rows: int) -> list[str]:
    """Checks what a masked language model answered to so many texts."""
    tokens, scores = outputs["tokens"], outputs["scores"]
    wanted = (rows, FILL_MASK_TOP)
    if tokens.shape != wanted or scores.shape != wanted:
        return [f"tokens {tokens.shape} and scores {scores.shape}, must be {wanted}"]
    failures = _text_failures("tokens", tokens)
    if not np.all(np.isfinite(scores)):
        failures.append("scores are not finite")
    elif np.any(np.diff(scores, axis=1) > 0):
        failures.append("scores do not fall from the first token to the last")
    return failures


def tokenize_failures(outputs: Outputs, rows: int) -> list[str]:
    """Checks what the text graph answered to so many texts."""
    ids, pieces, length = outputs["ids"], outputs["pieces"], outputs["length"]
    if ids.ndim != 2 or len(ids) != rows or pieces.shape != ids.shape or length.shape != (rows,):
        return [f"ids {ids.shape}, pieces {pieces.shape} and length {length.shape}, must be ({rows}, L) and ({rows},)"]
    failures = _text_failures("pieces", pieces) + _text_failures("cleaned", outputs["cleaned"])
    if np.any((pieces != b"") != (np.arange(ids.shape[1]) < length[:, np.newaxis])):
        failures.append("pieces do not end where length says")
    return failures


def classification_failures(outputs: Outputs, rows: int) -> list[str]:
    """Checks what a classifier answered to TF Serving's Classification API."""
    classes, scores = outputs["classes"], outputs["scores"]
    if scores.ndim != 2 or len(scores) != rows or classes.shape != scores.shape:
        return [f"classes {classes.shape} and scores {scores.shape}, must be ({rows}, K)"]
    failures = _text_failures("classes", classes)
    if not np.all(np.isfinite(scores)):
        failures.append("scores are not finite")
    return failures


def embedding_failures(outputs: Outputs, rows: int) -> list[str]:
    """Checks the vectors of so many texts."""
    embedding = outputs["embedding"]
    if embedding.ndim != 2 or len(embedding) != rows:
        return [f"embedding has shape {embedding.shape}, must be ({rows}, D)"]
    return [] if np.all(np.isfinite(embedding)) else ["embeddings are not finite"]


def _text_failures(name: str, values: np.ndarray) -> list[str]:
    for value in set(values.reshape(-1).tolist()):
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            return [f"{name} hold {value!r}, which is not UTF-8"]
    return []


_CLASSIFIER = {
    "label": Spec("string", (None,)),
    "score": Spec("float32", (None,)),
    "labels": Spec("string", (None, None)),
    "probabilities": Spec("float32", (None, None)),
}
RULES = {
    "serving_default": Rule(_CLASSIFIER, classifier_failures, score="probabilities"),
    "tf_example": Rule(_CLASSIFIER, classifier_failures, score="probabilities", input="examples", wrapped=True),
    "classify": Rule(
        {"classes": Spec("string", (None, None)), "scores": Spec("float32", (None, None))},
        classification_failures,
        score="scores",
        input="inputs",
        wrapped=True,
        method=CLASSIFY_METHOD,
    ),
    "embed": Rule({"embedding": Spec("float32", (None, None))}, embedding_failures, score="embedding"),
    "fill_mask": Rule(
        outputs={
            "tokens": Spec("string", (None, FILL_MASK_TOP)),
            "scores": Spec("float32", (None, FILL_MASK_TOP)),
        },
        check=fill_mask_failures,
        score="scores",
        needs_mask=True,
    ),
    "tokenize": Rule(
        outputs={
            "cleaned": Spec("string", (None,)),
            "ids": Spec("int32", (None, None)),
            "pieces": Spec("string", (None, None)),
            "length": Spec("int32", (None,)),
            "unknown": Spec("int32", (None,)),
        },
        check=tokenize_failures,
        score="length",
    ),
}
