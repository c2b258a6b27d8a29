"""Two classes, then one more, then one less: what is trained, compared, said, pushed and answered."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from components.evaluator.comparing import LabelChanges
from components.evaluator.results import read_comparisons, read_metrics
from components.pusher.push import list_versions
from tests.e2e.conftest import Workplace
from tests.e2e.test_gates import PHRASES, answers_in_bulk, write, write_encoder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CONFIG = """
name: weekly
labelled:
  sources: [{format: csv, files: {train: train.csv, eval: eval.csv}, label_column: label}]
  gate: {tokens: {max_unknown_share: 0.5}}
tokenizer: {kind: import}
backbone: {source: encoder}
text: {max_length: 32}
trainer: {epochs: 30, learning_rate: 0.02, validation_share: 0.2, warm_start: true}
baseline: null
bulk_inferrer:
  sources: [{format: jsonl, files: new.jsonl}]
"""
NEW = "グルメ"
# The most frequent label gets the lowest number: the numbers of the two others change in the second week.
WEEKS = [{"京都": 60, "携帯電話": 40}, {"京都": 40, "携帯電話": 60, NEW: 50}, {"携帯電話": 40, NEW: 60}]


def rows(counts: dict[str, int], seed: int) -> list[tuple[str, str, str]]:
    choose = random.Random(seed)
    made = [
        (f"{n}日、{choose.choice(PHRASES[label])}。", label, "")
        for label, count in counts.items()
        for n in range(count)
    ]
    choose.shuffle(made)
    return made


def test_a_label_comes_and_one_goes(workplace: Callable[[Path], Workplace], tmp_path: Path) -> None:
    place = workplace(tmp_path)
    write_encoder(tmp_path / "encoder")
    (tmp_path / "weekly.yaml").write_text(CONFIG, encoding="utf-8")
    texts = [f"7日、{phrases[0]}。" for phrases in PHRASES.values()]
    new = [json.dumps({"text": text}) + "\n" for text in (*texts[:2], "")]
    (tmp_path / "new.jsonl").write_text("".join(new), encoding="utf-8")
    artifacts, serving = place.root / "artifacts" / "weekly", place.root / "serving" / "weekly"

    def run(week: int) -> str:
        write(tmp_path / "train.csv", rows(WEEKS[week], seed=week))
        write(tmp_path / "eval.csv", rows({label: count // 2 for label, count in WEEKS[week].items()}, seed=10 + week))
        done = place.command("run", tmp_path / "weekly.yaml", "--root", place.root)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        assert "Pushed:" in done.stdout, done.stdout
        assert len(list_versions(str(serving))) == week + 1
        return done.stdout

    def newest(output: str) -> Path:
        return max((artifacts / output).iterdir(), key=lambda one: int(one.name))

    def begun() -> dict:
        metrics = json.loads((newest("Trainer/model_run") / "metrics.json").read_text(encoding="utf-8"))
        return {key: value for key, value in metrics["warm_start"].items() if key != "model"}

    def answers() -> dict[str, dict]:
        done = place.command("predict", "--model", serving, *texts)
        return dict(zip(PHRASES, map(json.loads, done.stdout.splitlines()), strict=True))

    said = run(0)
    assert "does not know" not in said and "warm start" not in said

    said = run(1)
    told = f"the last blessed model does not know the label '{NEW}': the 25 texts with it count as wrong for it"
    assert f"Note: {told}" in said
    assert "warm start: head taken" in said and begun() == {"head": "taken", "labels_begun_anew": [NEW]}
    found = read_comparisons(newest("Evaluator/evaluation"))["blessed"]
    assert found.changes == LabelChanges(new=[NEW], new_examples=25)
    assert found.others["accuracy"] <= 50 / 75 < found.values["accuracy"]
    assert read_metrics(newest("Evaluator/evaluation")).labels == ["携帯電話", NEW, "京都"]
    assert told in (newest("Report/report") / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert {label: one["label"] for label, one in answers().items()} == {label: label for label in PHRASES}
    for row in answers_in_bulk(said):
        assert {label.decode() for label in row["labels"]} == set(PHRASES)

    said = run(2)
    assert "Note: the new model no longer knows the label '京都': " in said
    assert begun() == {"head": "taken", "labels_left_out": ["京都"]}
    found = read_comparisons(newest("Evaluator/evaluation"))["blessed"]
    assert (found.changes.new, found.changes.gone, found.changes.new_examples) == ([], ["京都"], 0)
    answered = answers()
    assert {label: answered[label]["label"] for label in WEEKS[2]} == {label: label for label in WEEKS[2]}
    assert set(answered["京都"]["probabilities"]) == set(WEEKS[2])

    (first, _), (second, _), _ = list_versions(str(serving))
    back = place.command("push", "rollback", serving)
    assert f"the model of version {second}" in back.stdout, back.stderr
    assert answers()["京都"]["label"] == "京都"
    back = place.command("push", "rollback", serving, "--to", str(first))
    assert back.returncode == 0 and set(answers()[NEW]["probabilities"]) == set(WEEKS[0]), back.stderr
