"""Loads a SavedModel the way TF Serving does and asks it; runs as a process of its own.

Usage is ``python -m components.servable_check.probe MODEL_DIR < REQUEST.json``. The request may hold
``texts``, base64 of the bytes of further texts to send, and ``expected``, what `read_expected` gives. The answer,
the last line of stdout, is a `Report` as JSON.

It imports TensorFlow and the TF Text ops, as the model server has them, and nothing of the project but the
rules beside it, which know NumPy only: a model that needs Python code of ours fails here. Loading goes by the
graph and its signatures in a session, as in TF Serving (tensorflow/cc/saved_model/loader.cc), not by the
Python objects of `tf.saved_model.load`.
"""

import base64
import dataclasses
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from components.servable_check import rules

# All kinds of text that a server meets; [MASK] comes first so that truncation spares it.
SAMPLES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \t\n",
    "English": b"The goalkeeper saved two penalties in the final.",
    "Japanese": "京都のお寺で抹茶をいただきました。".encode(),
    "very long": "The lens is made of glass. 長い文章です。".encode() * 2000,
    "invalid UTF-8": b"caf\xe9 \xff\xfe\xf0\x9f text",
    "NUL and emoji": "a\0b 🍣👨‍👩‍👧".encode(),
}
BATCH = 64
_REPEATS = 5

Ask = Callable[[list[bytes]], dict[str, np.ndarray]]


@dataclasses.dataclass
class Report:
    """What the probe found; its JSON is the answer.

    Attributes:
        failures: What is wrong, a sentence each; empty for a sound model.
        signatures: Names of the signatures that were tried.
        tensorflow: TensorFlow's version.
        load_seconds: From the bytes to a model that can be asked.
        latency_ms: Median by signature and batch size, of a short text.
        ops: All ops of the graph and of its functions.
    """

    failures: list[str] = dataclasses.field(default_factory=list)
    signatures: list[str] = dataclasses.field(default_factory=list)
    tensorflow: str = ""
    load_seconds: float = 0.0
    latency_ms: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    ops: list[str] = dataclasses.field(default_factory=list)


def probe(model_dir: str, texts: list[bytes], expected: Mapping[str, list] | None = None) -> Report:
    """Loads a model and tries every signature that it should have.

    Args:
        model_dir: A SavedModel directory.
        texts: Texts to send besides `SAMPLES`.
        expected: ``texts``, base64 of some, and the ``probabilities`` that ``serving_default`` should give.

    Returns:
        The report; a model that fails is no exception.
    """
    import tensorflow.compat.v1 as tf
    import tensorflow_text  # noqa: F401  registers its ops

    report = Report(tensorflow=tf.__version__)
    start = time.perf_counter()
    try:
        session = tf.Session(graph=tf.Graph())
        with session.graph.as_default():
            meta_graph = tf.saved_model.loader.load(session, [tf.saved_model.tag_constants.SERVING], model_dir)
    except Exception as error:
        report.failures.append(f"it does not load: {_cause(error)}")
        return report
    report.load_seconds = time.perf_counter() - start
    graph = meta_graph.graph_def
    nodes = itertools.chain(graph.node, *(function.node_def for function in graph.library.function))
    own = {function.signature.name for function in graph.library.function}
    report.ops = sorted({node.op for node in nodes} - own)
    for name, rule in rules.RULES.items():
        if name in meta_graph.signature_def:
            signature = meta_graph.signature_def[name]
            report.signatures.append(name)
            inputs, outputs = _specs(signature.inputs, tf), _specs(signature.outputs, tf)
            wrong = rules.signature_failures(name, rule, inputs, outputs, signature.method_name)
            ask = _asker(session, signature, rule, tf)
            report.failures += wrong or _try(name, rule, ask, texts, report)
            if name == "serving_default" and not report.failures and expected and expected["texts"]:
                report.failures += _compare(ask, expected)
    if not report.signatures:
        found = ", ".join(sorted(meta_graph.signature_def)) or "none"
        report.failures.append(f"it has none of the signatures {', '.join(rules.RULES)}; found: {found}")
    return report


def _compare(ask: Ask, expected: Mapping[str, list]) -> list[str]:
    """Holds the answers against those that the trainer saw."""
    try:
        answer = ask([base64.b64decode(text) for text in expected["texts"]])
    except Exception as error:
        return [f"serving_default, the trainer's texts: {_cause(error)}"]
    return rules.expected_failures(answer, np.array(expected["probabilities"]))


def _try(name: str, rule: rules.Rule, ask: Ask, extra: list[bytes], report: Report) -> list[str]:
    """Sends every text alone and in a batch of 64, and times a short one."""
    named = {**SAMPLES, **{f"example {i}": text for i, text in enumerate(extra)}}
    prefix = b"[MASK] " if rule.needs_mask else b""
    texts = {key: prefix + text for key, text in named.items()}
    failures: list[str] = []
    alone: dict[str, dict[str, np.ndarray]] = {}
    for key, text in texts.items():
        try:
            alone[key] = ask([text])
        except Exception as error:
            failures.append(f"{name}, {key} text alone: {_cause(error)}")
            continue
        failures += [f"{name}, {key} text alone: {wrong}" for wrong in rule.check(alone[key], 1)]
    if failures:
        return failures
    keys = (list(texts) * BATCH)[: max(BATCH, len(texts))]
    try:
        together = ask([texts[key] for key in keys])
    except Exception as error:
        return [f"{name}, batch of {len(keys)}: {_cause(error)}"]
    failures += [f"{name}, batch of {len(keys)}: {wrong}" for wrong in rule.check(together, len(keys))]
    failures += rules.batch_failures(name, rule, alone, together, keys)
    short = texts["English"]
    report.latency_ms[name] = {str(n): _latency(ask, [short] * n) for n in (1, BATCH)}
    return failures


def _latency(ask: Ask, texts: list[bytes]) -> float:
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        ask(texts)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _asker(session: Any, signature: Any, rule: rules.Rule, tf: Any) -> Ask:
    feed = signature.inputs[rule.input].name
    fetches = {key: info.name for key, info in signature.outputs.items()}

    def wrap(text: bytes) -> bytes:
        example = tf.train.Example()
        example.features.feature["text"].bytes_list.value.append(text)
        return example.SerializeToString()

    def ask(texts: list[bytes]) -> dict[str, np.ndarray]:
        sent = [wrap(text) for text in texts] if rule.wrapped else texts
        answer: dict[str, np.ndarray] = session.run(fetches, {feed: np.array(sent, dtype=object)})
        return answer

    return ask


def _specs(infos: Any, tf: Any) -> dict[str, rules.Spec]:
    specs = {}
    for key, info in infos.items():
        shape = info.tensor_shape
        dims = None if shape.unknown_rank else tuple(None if d.size < 0 else int(d.size) for d in shape.dim)
        specs[key] = rules.Spec(tf.as_dtype(info.dtype).name, dims)
    return specs


def _cause(error: Exception) -> str:
    """The line of a TensorFlow error that says what happened: the last before the node, or else the first."""
    before, node, _ = str(error).partition("[[{{node")
    lines = [line for line in before.splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {lines[-1 if node else 0].strip()[:500]}"


def main() -> None:
    """Reads the arguments and the request, prints the report."""
    request = json.load(sys.stdin)
    texts = [base64.b64decode(text) for text in request.get("texts", [])]
    report = probe(sys.argv[1], texts, request.get("expected"))
    print(json.dumps(dataclasses.asdict(report)), flush=True)


if __name__ == "__main__":
    main()
