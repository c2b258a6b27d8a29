"""Data that comes in five spans, one of them bad: a rolling window, training that goes on, and what is served."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from components.pusher.push import list_versions
from components.window.names import WINDOW_FILE
from tests.e2e.conftest import Workplace
from tests.e2e.test_gates import PHRASES, rows, write, write_encoder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CONFIG = """
name: reviews
labelled:
  sources:
    - format: csv
      files: {train: "spans/{SPAN}/train.csv", eval: "spans/{SPAN}/eval.csv"}
      label_column: label
      keep_columns: [place]
  gate: {tokens: {max_unknown_share: 0.5}}
  resolver: {rolling_window: 3}
tokenizer: {kind: import}
backbone: {source: encoder}
text: {max_length: 48}
trainer: {epochs: 20, patience: 10, learning_rate: 0.02, validation_share: 0.2, warm_start: true}
evaluator: {slice_columns: [place]}
"""
BAD = 3


def test_five_spans_of_which_one_is_bad(workplace: Callable[[Path], Workplace], tmp_path: Path) -> None:
    place = workplace(tmp_path)
    write_encoder(tmp_path / "encoder")
    (tmp_path / "spans.yaml").write_text(CONFIG, encoding="utf-8")
    artifacts, serving = place.root / "artifacts" / "reviews", place.root / "serving" / "reviews"

    def run(*arguments: str) -> tuple[int, str]:
        done = place.command("run", tmp_path / "spans.yaml", "--root", place.root, *arguments)
        assert done.stderr == ""
        return done.returncode, done.stdout

    def newest(output: str) -> Path:
        return max((artifacts / output).iterdir(), key=lambda one: int(one.name))

    def window() -> list[int]:
        return json.loads((newest("Window/examples") / WINDOW_FILE).read_text(encoding="utf-8"))["spans"]

    def began_with() -> dict[str, str] | None:
        metrics = json.loads((newest("Trainer/model_run") / "metrics.json").read_text(encoding="utf-8"))
        return metrics.get("warm_start")

    windows, models, pushed = [], [], []
    for span in range(1, 6):
        folder = tmp_path / "spans" / f"{span:02d}"
        folder.mkdir(parents=True)
        write(folder / "train.csv", rows(200, seed=span))
        write(folder / "eval.csv", rows(80, seed=100 + span))
        if span == BAD:
            with (folder / "train.csv").open("a", encoding="utf-8") as file:
                file.write("寿司を食べた\n" * 50)  # without a label
        versions = len(list_versions(str(serving)))
        code, said = run()
        assert code == (3 if span == BAD else 0), said
        if span == BAD:
            assert "could not be used; max_rejected_share is 1.00%" in said
            assert len(list_versions(str(serving))) == versions
            continue
        assert "Pushed:" in said, said
        if models:
            assert began_with() == {"model": f"{models[-1]}/Format-Serving", "head": "taken"}
        else:
            assert began_with() is None
        windows.append(window())
        models.append(newest("Trainer/model"))
        pushed.append(list_versions(str(serving))[-1])

    assert windows == [[1], [1, 2], [1, 2, 4], [2, 4, 5]]
    counts = json.loads((newest("Window/examples") / "counts.json").read_text(encoding="utf-8"))
    assert counts["train"]["rows"] == 600 and counts["eval"]["rows"] == 240
    report = (newest("Report/report") / "report.html").read_text(encoding="utf-8")
    assert "Spans 2, 4, 5" in report and "Warm start with" in report
    version, manifest = pushed[-1]
    served, made = (
        (folder / "variables" / "variables.data-00000-of-00001").read_bytes()
        for folder in (serving / str(version), models[-1] / "Format-Serving")
    )
    assert served == made
    assert manifest is not None and manifest.metrics["weighted_f1"] > 0.9
    texts = [f"7日、{phrases[0]}。" for phrases in PHRASES.values()]
    answers = [json.loads(line) for line in place.command("predict", "--model", serving, *texts).stdout.splitlines()]
    assert [answer["label"] for answer in answers] == list(PHRASES)

    code, said = run()
    assert code == 0 and f"Nothing new to push; serving: {serving}/{version}" in said, said
    looked_up = ("LastBlessed", "WarmStart", "EarlierSpans")
    assert all("cached" in line or line.split()[1] in looked_up for line in said.splitlines() if line[:1] == "✓"), said

    code, said = run("--span", "2")  # an older one again: its window is what it was, without all that came after
    assert code in (0, 4) and re.search("✓ Window .* cached", said), said
