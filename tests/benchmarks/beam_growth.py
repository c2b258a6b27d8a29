"""The Beam nodes with two worker processes: time and memory against rows, for 1, 3 and 10 times the Japanese lines.

``python -m tests.benchmarks.beam_growth FOLDER MODE``, with ``texts.txt`` in FOLDER, runs the nodes once and prints
the seconds of each.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import corpora

GOALS = {
    "exponent of 1.1 to that of time": 1,
    "a row of the first to one of the last": 1 / 1.1,
    "ten times the rows in memory": 1 / 1.3,
}
TIMES = (1, 3, 10)
BEAM_NODES = ("ExampleGen", "StatisticsGen", "Transform", "TokenStatistics")
_SAMPLE_SECONDS = 0.2


def measure(mode: str = "multi_processing", rounds: int = 3) -> dict[str, Any]:
    """Runs the nodes for each number of rows, in a process of its own, in turns.

    Returns:
        Medians of all rounds: by number of rows the seconds of each node, and the most memory (PSS) that all processes
        had together, in MiB; the exponent of time in rows, from the seconds of all nodes for 1 time and for 10 times
        the lines; and, since that is mild where starting takes long, what a row more costs from 1 to 3 times, and from
        3 to 10 times.
    """
    lines = corpora.japanese_lines()
    found: dict[int, list[dict[str, Any]]] = {times: [] for times in TIMES}
    for times in TIMES * rounds:
        with tempfile.TemporaryDirectory() as folder:
            # Another number before each copy: rows that are equal would be equal in any table of rows, too.
            text = "".join(f"{copy} {line}\n" for copy in range(times) for line in lines)
            Path(folder, "texts.txt").write_text(text, encoding="utf-8")
            found[times].append(_run(Path(folder), mode))
    runs = {f"{times * len(lines):,}": _median(found[times]) for times in TIMES}
    seconds = [sum(run["seconds"].values()) for run in runs.values()]
    memory = [run["mib"] for run in runs.values()]
    rows = [times * len(lines) for times in TIMES]
    more = [(seconds[n + 1] - seconds[n]) / (rows[n + 1] - rows[n]) for n in range(len(TIMES) - 1)]
    exponent = math.log(seconds[-1] / seconds[0]) / math.log(TIMES[-1] / TIMES[0])
    return {
        "runs": runs,
        "exponent": exponent,
        "milliseconds_a_row_more": [1e3 * one for one in more],
        "ratios": {
            "exponent of 1.1 to that of time": 1.1 / exponent,
            "a row of the first to one of the last": more[0] / more[-1],
            "ten times the rows in memory": memory[0] / memory[-1],
        },
    }


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "seconds": {node: statistics.median(run["seconds"][node] for run in runs) for node in BEAM_NODES},
        "mib": statistics.median(run["mib"] for run in runs),
    }


def _run(folder: Path, mode: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.beam_growth", str(folder), mode]
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        most = 0.0
        while process.poll() is None:
            most = max(most, _memory(process.pid))
            time.sleep(_SAMPLE_SECONDS)
    assert process.stdout is not None
    if process.returncode:
        raise RuntimeError((folder / "log").read_text(encoding="utf-8")[-3000:])
    return {"seconds": json.loads(process.stdout.read().splitlines()[-1]), "mib": most}


def _memory(pid: int) -> float:
    """MiB of a process and all below it; pages that they share are counted once."""
    import psutil

    found = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            found += process.memory_full_info().pss
    except psutil.Error:
        pass
    return found / 2**20


def run_nodes(folder: Path, mode: str) -> dict[str, float]:
    """Runs the data nodes of a corpus; gives the seconds of those that use Beam."""
    from tfx.orchestration.pipeline import Pipeline

    from components.tokenizer.component import Tokenizer
    from pipeline import loading
    from pipeline.beam import BeamConfig, beam_arguments
    from pipeline.dag_data import Dag, check_tokens, checked_data, transform_data
    from pipeline.local_runner import LocalRunner
    from pipeline.metadata import connection
    from tests.pipeline.data_pipeline import Silent

    (folder / "rows.yaml").write_text(
        "name: rows\n"
        "corpus: {sources: [{format: text, files: texts.txt}]}\n"
        f"tokenizer: {{kind: import, source: {corpora.DATA.resolve() / 'vocab' / 'wiki-ja.model'}}}\n"
        "pretrainer: {epochs: 1}\n",
        encoding="utf-8",
    )
    config = loading.load(str(folder / "rows.yaml"))
    assert config.corpus is not None
    dag, runner = Dag(), LocalRunner(Silent(), run_id="growth")
    tokenizer = dag.add(Tokenizer(config.tokenizer, config.text))
    data = checked_data(dag, "Corpus", config.corpus, after=tokenizer)
    transform = transform_data(dag, data, tokenizer, "Corpus", config.text, labelled=False)
    check_tokens(dag, data, tokenizer, "Corpus", transform, settings=[])
    pipeline = Pipeline(
        pipeline_name="rows",
        pipeline_root=str(folder / "artifacts"),
        metadata_connection_config=connection(folder),
        components=dag.nodes,
        beam_pipeline_args=beam_arguments(BeamConfig(running_mode=mode, workers=2), str(folder), None),
    )
    runner.run(pipeline)
    seconds = {result.node.removeprefix("Corpus"): result.seconds for result in runner.results}
    return {name: seconds[name] for name in BEAM_NODES}


if __name__ == "__main__":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(json.dumps(run_nodes(Path(sys.argv[1]), sys.argv[2])))
