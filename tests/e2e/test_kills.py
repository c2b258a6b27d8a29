"""A run whose processes are killed at a random moment; the same command then ends as if nothing had happened."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import metadata, outcome, runs
from tests.e2e.conftest import MAIN, Workplace

CONFIG = """
name: tiny
labelled:
  sources: [{format: csv, files: rows.csv, text_column: text, label_column: label}]
corpus:
  sources: [{format: text, files: texts.txt}]
tokenizer: {vocab_size: 120}
text: {max_length: 16}
pretrainer: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 16, max_positions: 32, block_length: 16,
  batch_size: 4, max_steps: 4, warmup_steps: 1, xla: false, steps_per_execution: 1}
trainer: {epochs: 2}
"""
DONE = ("complete", "cached")
LIVE = 2  # of an artifact in ML Metadata


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows = [f"{'寺' if row % 2 else 'phone'} {row},{'京都' if row % 2 else '携帯電話'}" for row in range(40)]
    (folder / "rows.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "texts.txt").write_text("\n".join(f"寺 と phone と {row} 番" for row in range(60)), encoding="utf-8")
    (folder / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def killed(place: Workplace, configuration: Path, seconds: float) -> bool:
    """Runs the pipeline and kills all its processes after so many seconds; whether it was still at work."""
    environment = os.environ | {"PYTHONPATH": str(place.code), "TMPDIR": str(place.temporary)}
    command = [sys.executable, "-c", MAIN, "run", str(configuration), "--root", str(place.root)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=place.code,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


def finished_nodes(root: Path) -> set[str]:
    """What has ended well in any run so far."""
    if not (root / metadata.FILE).exists():
        return set()
    try:
        found = runs.read_runs(root)
    except Exception as error:  # killed before the metadata held a run
        assert "no runs below" in str(error)
        return set()
    return {node.name for run in found for node in run.nodes if node.state in DONE}


def check_sound(root: Path) -> None:
    """The database is whole, and every artifact that counts has its files."""
    database = sqlite3.connect(root / metadata.FILE)
    assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    uris = [uri for (uri,) in database.execute("select uri from Artifact where state = ?", [LIVE])]
    assert uris and all(Path(uri).exists() for uri in uris)
    folders = {Path(uri) for uri in uris if str(root / runs.ARTIFACTS) in uri}
    left = set((root / runs.ARTIFACTS).glob("*/*/*/[0-9]*")) - folders
    assert not left, "half-written outputs stay"


def served(root: Path) -> dict[str, list[str]]:
    """Digests of the pushed versions, by model."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob("serving/*/*/assets.extra/manifest.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(path.relative_to(root / "serving").parts[0], []).append(manifest["digest"])
    return found


def check_end(place: Workplace, configuration: Path, done: set[str]) -> outcome.Run:
    """Runs the same command to its end and holds everything against what a run without a kill leaves."""
    last = place.run(str(configuration))
    assert last.state in ("pushed", "nothing new")
    repeated = {node.name for node in last.nodes if node.state != "cached"} & done - {
        "Schema",
        "CorpusSchema",
        "LastBlessed",
    }
    assert not repeated, "nodes that had ended ran again"
    check_sound(place.root)
    models = served(place.root)
    assert sorted(models) == ["tiny", "tiny-fill-mask"]
    assert all(len(versions) == 1 for versions in models.values()), models
    assert not [path for path in place.root.glob("serving/*/*") if not path.name.isdecimal() and path.name != ".lock"]
    return last


@pytest.mark.e2e
@pytest.mark.slow
def test_a_run_that_is_killed_ends_with_the_same_models(
    data: Path, workplace: Callable[[Path], Workplace], full: bool
) -> None:
    place = workplace(data)
    chosen = random.Random(20)
    begun = time.monotonic()
    place.run(str(data / "tiny.yaml"))
    longest = time.monotonic() - begun
    reference = served(place.root)
    for number in range(30 if full else 1):
        shutil.rmtree(place.root)
        for _ in range(1 if full else 3):  # the short form kills one run after the other in one root
            was_killed = killed(place, data / "tiny.yaml", chosen.uniform(0, longest))
            done = finished_nodes(place.root)
            if was_killed and (place.root / metadata.FILE).exists() and done:
                *_, last = runs.read_runs(place.root)
                assert last.state.startswith("killed ") or last.state in ("pushed", "nothing new"), last.state
        check_end(place, data / "tiny.yaml", done)
        assert served(place.root) == reference, f"after kill {number}"
