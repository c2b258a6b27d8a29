"""Texts with several labels or none, from a CSV file to what the command prints."""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.metrics import f1_score

from components.evaluator.results import read_metrics
from tests.e2e.conftest import Workplace
from tests.e2e.phrases import PHRASES

pytestmark = pytest.mark.e2e

CONFIG = """
name: several
labelled:
  sources:
    - format: csv
      files: rows.csv
      label_column: labels
      label_separator: "|"
      split: {method: stratified, eval_share: 0.25}
corpus:
  sources: [{format: csv, files: rows.csv}]
tokenizer: {kind: sentencepiece, vocab_size: 100}
text: {max_length: 48}
pretrainer: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, max_positions: 64, block_length: 32,
  batch_size: 8, max_steps: 4, xla: false, precision: float32}
trainer: {epochs: 80, patience: 20, learning_rate: 0.02, validation_share: 0.2}
evaluator:
  thresholds: {micro_f1: 0.6}
"""


def rows(count: int) -> list[tuple[str, list[str]]]:
    """Texts of none to three phrases, with the labels of the phrases."""
    choose = random.Random(0)
    made = []
    for number in range(count):
        labels = [label for label in PHRASES if choose.random() < 0.45]
        made.append(("、".join([f"{number}日", *(choose.choice(PHRASES[label]) for label in labels)]) + "。", labels))
    return made


def test_from_a_file_to_labels(workplace: Callable[[Path], Workplace], tmp_path: Path) -> None:
    texts = rows(320)
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "labels"), *((text, "|".join(labels)) for text, labels in texts)])
    (tmp_path / "several.yaml").write_text(CONFIG, encoding="utf-8")
    place = workplace(tmp_path)

    place.run(str(tmp_path / "several.yaml"))

    (evaluation,) = (place.root / "artifacts/several/Evaluator/evaluation").iterdir()
    judged = read_metrics(str(evaluation))
    assert judged.example_count == 80
    assert judged.micro_f1 > 0.6
    assert {"グルメ", "京都", "携帯電話"} == set(judged.per_class)
    done = place.command("predict", "--model", place.root / "serving/several", *(text for text, _ in texts))
    answers = [json.loads(line)["labels"] for line in done.stdout.splitlines()]
    marks = [[[label in labels for label in PHRASES] for labels in side] for side in (answers, [r[1] for r in texts])]
    assert f1_score(marks[1], marks[0], average="micro") > 0.6
    assert [] in answers
    assert any(len(labels) > 1 for labels in answers)
