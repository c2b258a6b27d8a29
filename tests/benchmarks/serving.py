"""The local server, with batching and without, against the service that people write and against the bare SavedModel.

All servers are started first and asked in turns, from this process: what its clients cost is in every figure. A server
that nobody asks costs nothing. Clients ask one text after the other, each over a connection of its own.
"""

import contextlib
import dataclasses
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import served_models
from tests.benchmarks.load import Ask, Load, grpc_client, naive_client, put_under_load
from tests.benchmarks.newsgroups import encoder_folder
from tests.benchmarks.served_models import Served
from tests.pipeline.serving.running import running

NAME = "tfx-bert"
CLIENTS = (1, 8, 32)
ROUNDS = 3
SECONDS = 6.0

GOALS = {
    "KNBC, 32 clients: texts a second, to the naive service": 5,
    "KNBC, 1 client: p50, naive to ours": 1,
    "KNBC, 8 clients: p50, naive to ours": 1,
    "KNBC, 32 clients: p50, naive to ours": 1,
    "KNBC, 1 client: p50, bare SavedModel to ours": 1 / 1.15,
    "20 Newsgroups, 1 client: p50, bare SavedModel to ours": 1 / 1.15,
}

Make = Callable[[], Ask]


def measure() -> dict[str, Any]:
    """Measures both corpora, one after the other.

    Returns:
        Medians over the rounds of rates and of p50, p95 and p99 in milliseconds; the ratios, ``skipped``.
    """
    folder = encoder_folder()
    with tempfile.TemporaryDirectory() as temporary:
        found = {"KNBC": _measure(served_models.knbc(Path(temporary) / "knbc"))}
        if folder:
            found["20 Newsgroups"] = _measure(served_models.newsgroups(Path(temporary) / "newsgroups", folder))
    reason = "no encoder: let TFX_BERT_MINILM name a folder with all-MiniLM-L6-v2"
    skipped = {goal: reason for goal in GOALS if goal.partition(",")[0] not in found}
    ratios = {f"{corpus}, {what}": ratio for corpus, one in found.items() for what, ratio in _ratios(one).items()}
    readable = {
        corpus: {f"{way}, {clients} clients": dataclasses.asdict(load) for (way, clients), load in one.items()}
        for corpus, one in found.items()
    }
    return {**readable, "ratios": ratios, "skipped": skipped}


def _measure(served: Served) -> dict[tuple[str, int], Load]:
    with _ways(served) as ways:
        loads: dict[tuple[str, int], list[Load]] = {}
        for make in ways.values():
            put_under_load(make, served.texts, 8, SECONDS / 2)  # graphs are optimized, caches are warm
        for _ in range(ROUNDS):
            for clients in CLIENTS:
                for way, make in ways.items():
                    if way != "bare" or clients == 1:
                        load = put_under_load(make, served.texts, clients, SECONDS)
                        loads.setdefault((way, clients), []).append(load)
    return {key: _median(rounds) for key, rounds in loads.items()}


@contextlib.contextmanager
def _ways(served: Served) -> Iterator[dict[str, Make]]:
    with (
        running(served.directory, "--name", NAME) as batching,
        running(served.directory, "--name", NAME, "--no-batching") as one_by_one,
        _naive_service(served) as naive,
    ):
        yield {
            "batching": partial(grpc_client, batching.grpc, NAME),
            "without batching": partial(grpc_client, one_by_one.grpc, NAME),
            "naive": partial(naive_client, naive),
            "bare": partial(_bare_client, served.version),
        }


@contextlib.contextmanager
def _naive_service(served: Served) -> Iterator[str]:
    arguments = [served.encoder, served.tokenizer, served.max_length, served.labels]
    command = [sys.executable, "-m", "tests.benchmarks.naive_service", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready on "), "the naive service did not start"
        try:
            yield f"127.0.0.1:{line.split()[-1]}"
        finally:
            process.terminate()


def _bare_client(version: Path) -> Ask:
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  registers its ops

    model = tf.saved_model.load(str(version))

    def ask(text: str) -> object:
        return model.signatures["serving_default"](text=tf.constant([text.encode()]))["probabilities"].numpy()

    return ask


def _median(rounds: list[Load]) -> Load:
    def of(name: str) -> float:
        return round(statistics.median(getattr(load, name) for load in rounds), 2)

    failed = sum(load.failed for load in rounds)
    return Load(rounds[0].clients, of("rate"), of("p50"), of("p95"), of("p99"), failed)


def _ratios(found: dict[tuple[str, int], Load]) -> dict[str, float]:
    ratios = {}
    for clients in CLIENTS:
        ours, naive = found["batching", clients], found["naive", clients]
        noun = "1 client" if clients == 1 else f"{clients} clients"
        ratios[f"{noun}: texts a second, to the naive service"] = round(ours.rate / naive.rate, 2)
        ratios[f"{noun}: texts a second, to no batching"] = round(
            ours.rate / found["without batching", clients].rate, 2
        )
        ratios[f"{noun}: p50, naive to ours"] = round(naive.p50 / ours.p50, 2)
    ratios["1 client: p50, bare SavedModel to ours"] = round(found["bare", 1].p50 / found["batching", 1].p50, 3)
    return ratios
