"""What the command says when it refuses: exit codes and one clear message, quickly."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline import runs
from tests.e2e.conftest import MAIN, REPOSITORY, Workplace


def tfx_bert(*arguments: str) -> tuple[subprocess.CompletedProcess[str], float]:
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *arguments], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    return done, time.monotonic() - start


def test_a_typo_in_a_key() -> None:
    done, seconds = tfx_bert("run", "demo", "--set", "trainer.epoch=3")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "trainer.epoch" in done.stderr
    assert "did you mean 'epochs'" in done.stderr
    assert "Traceback" not in done.stderr
    assert seconds < 6  # 2 s on an idle machine


def test_help_is_quick_and_names_the_verbs() -> None:
    done, seconds = tfx_bert("--help")
    assert done.returncode == 0
    for verb in ("run", "predict", "fill-mask", "runs", "config"):
        assert verb in done.stdout
    assert seconds < 2  # 0.5 s on an idle machine


def test_a_root_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done, _ = tfx_bert("run", "demo", "--root", str(tmp_path / "file"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"tfx-bert: --root: {tmp_path}/file cannot be written to")


def test_no_runs_yet(tmp_path: Path) -> None:
    done, _ = tfx_bert("runs", "--root", str(tmp_path))
    assert done.returncode == 2
    assert "no runs below" in done.stderr


CONFIG = """
name: tiny
labelled:
  sources: [{{format: csv, files: rows.csv, text_column: text, label_column: label}}]
corpus:
  sources: [{{format: text, files: texts.txt}}]
tokenizer: {{vocab_size: 120}}
text: {{max_length: 16}}
pretrainer: {{hidden_size: 16, layers: 1, heads: 2, intermediate_size: 16, max_positions: 32, block_length: 16,
  batch_size: 4, max_steps: 2, warmup_steps: 1, xla: false, steps_per_execution: 1}}
trainer: {{epochs: 1}}
evaluator:
  thresholds: {{accuracy: {accuracy}}}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A configuration with a handful of rows that a model cannot learn from."""
    rows = [
        f"{'寺' if number % 2 else 'phone'} {number},{'京都' if number % 2 else '携帯電話'}" for number in range(40)
    ]
    (tmp_path / "rows.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    texts = [f"寺 と phone と {number} 番" for number in range(60)]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(CONFIG.format(accuracy=1.0), encoding="utf-8")
    return tmp_path


@pytest.mark.e2e
@pytest.mark.slow
def test_refused_models_and_refused_data(tiny: Path, workplace: Callable[[Path], Workplace]) -> None:
    place = workplace(tiny)
    worse = place.command("run", tiny / "tiny.yaml", "--root", place.root)
    assert worse.returncode == 4, worse.stdout + worse.stderr
    assert "Not pushed: Evaluator: accuracy" in worse.stdout
    assert not (place.root / "serving" / "tiny").exists()

    with (tiny / "rows.csv").open("a", encoding="utf-8") as file:
        file.write("no label here\n" * 20)
    refused = place.command("run", tiny / "tiny.yaml", "--root", place.root)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "rows.csv" in refused.stdout and "labelled.gate.max_rejected_share" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    assert [line.split()[:2] for line in refused.stdout.splitlines() if line[0] in "✓✗"][-2:] == [
        ["✗", "DataGate"],
        ["✓", "Report"],
    ]
    page = Path(re.search(r"^report: (.+)$", refused.stdout, re.M)[1])
    told = page.read_text(encoding="utf-8")
    assert "The run ended early." in told and "labelled.gate.max_rejected_share" in told
    assert place.command("report", "--root", place.root).stdout.strip() == str(page)


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, "tfx-bert: stopped; the same command goes on"),
        (signal.SIGTERM, 143, "tfx-bert: stopped by SIGTERM; the same command goes on"),
    ],
)
def test_a_run_that_is_stopped_says_so_and_the_same_command_goes_on(
    tiny: Path, workplace: Callable[[Path], Workplace], number: signal.Signals, code: int, said: str
) -> None:
    place = workplace(tiny)
    arguments = [str(tiny / "tiny.yaml"), "--set", "evaluator.thresholds={}"]
    for setting in ("max_steps=100000000", "minutes=0.5", "steps_per_execution=50"):
        arguments += ["--set", f"pretrainer.{setting}"]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "run", *arguments, "--root", str(place.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place.code,
        # A test run in the background of a shell ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        seen = list(itertools.takewhile(lambda line: not line.startswith("✓ CorpusTokenGate"), run.stdout))
        time.sleep(6)
        run.send_signal(number)
        rest, errors = run.stdout.read(), run.stderr.read()
    assert run.returncode == code, "".join(seen) + rest + errors
    assert "✗ Pretrainer" in rest and said in rest
    assert errors == ""
    (stopped,) = runs.read_runs(place.root)
    assert {node.name: node.state for node in stopped.nodes}["Pretrainer"] == "canceled"
    again = place.run(*arguments)
    assert {node.name: node.state for node in again.nodes}["CorpusTransform"] == "cached"
    logs = "".join(log.read_text(encoding="utf-8") for log in (place.root / "logs").iterdir())
    step = re.search(r"training: saved at step (\d+)", logs)
    assert step and int(step[1]) > 0
    assert f"training goes on at step {step[1]}" in logs


@pytest.mark.e2e
@pytest.mark.slow
def test_beam_workers_end_with_the_run(tiny: Path, workplace: Callable[[Path], Workplace]) -> None:
    place = workplace(tiny)
    several = ["--set", "beam.running_mode=multi_processing", "--set", "beam.workers=2"]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "run", str(tiny / "tiny.yaml"), "--root", str(place.root), *several],
        stdout=subprocess.PIPE,
        text=True,
        cwd=place.code,
        env=os.environ | {"PYTHONPATH": str(place.code), "TMPDIR": str(place.temporary)},
    ) as run:
        assert run.stdout is not None
        workers: list[psutil.Process] = []
        until = time.monotonic() + 120
        while len(workers) < 2 and time.monotonic() < until:
            time.sleep(0.2)
            children = psutil.Process(run.pid).children(recursive=True)
            workers = [child for child in children if "sdk_worker_main" in " ".join(child.cmdline())]
        run.send_signal(signal.SIGTERM)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 143, said
    assert len(workers) >= 2
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    assert not list(place.temporary.iterdir())
