"""A good model, a bad one, a better one, the same again, and back: what is pushed, refused, and said."""

import csv
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from transformers import BertTokenizerFast

from components.evaluator.results import read_comparisons, read_metrics
from components.pusher.push import list_versions
from tests.components.tiny import VOCABULARY, write_backbone
from tests.e2e import phrases
from tests.e2e.conftest import Workplace

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PHRASES = {label: texts[:2] for label, texts in phrases.PHRASES.items()}  # few characters, for a small vocabulary

CONFIG = """
name: reviews
labelled:
  sources:
    - {format: csv, files: {train: train.csv, eval: eval.csv}, label_column: label, keep_columns: [place]}
  gate: {tokens: {max_unknown_share: 0.5}} # kana in words are unknown to so small a vocabulary
tokenizer: {kind: import}
backbone: {source: encoder}
text: {max_length: 48}
trainer: {epochs: 40, patience: 10, learning_rate: 0.02, validation_share: 0.2}
evaluator: {slice_columns: [place]}
bulk_inferrer:
  sources: [{format: jsonl, files: new.jsonl, keep_columns: [place]}]
"""


def rows(count: int, seed: int) -> list[tuple[str, str, str]]:
    choose = random.Random(seed)
    made = []
    for number in range(count):
        label = choose.choice(list(PHRASES))
        text = f"{number}日、{choose.choice(PHRASES[label])}。"
        made.append((text, label, choose.choice(["東京", "大阪"])))
    return made


def write(path: Path, table: list[tuple[str, str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label", "place"), *table])


def write_encoder(folder: Path) -> None:
    """An untrained one that knows the characters of the texts."""
    write_backbone(folder)
    characters = sorted({one for texts in PHRASES.values() for text in texts for one in text} | set("0123456789日、。"))
    vocabulary = folder / "vocab.txt"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    assert len(pieces) <= VOCABULARY
    vocabulary.write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
    BertTokenizerFast(str(vocabulary)).save_pretrained(folder)


def answers_in_bulk(said: str) -> list[dict[str, list]]:
    """The features of the Examples that the run says it wrote."""
    (folder,) = re.findall(r"^Answered: 2 texts, in (.*); no text in 1 other rows, see .*rejected.jsonl$", said, re.M)
    records = tf.data.TFRecordDataset([str(file) for file in Path(folder).glob("*/*")], "GZIP").as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    return [{name: list(one.bytes_list.value or one.float_list.value) for name, one in row.items()} for row in features]


def test_nothing_worse_is_ever_shipped(workplace: Callable[[Path], Workplace], tmp_path: Path) -> None:
    train, place = rows(300, seed=1), workplace(tmp_path)
    write_encoder(tmp_path / "encoder")
    write(tmp_path / "eval.csv", rows(150, seed=2))
    (tmp_path / "gates.yaml").write_text(CONFIG, encoding="utf-8")
    new = [{"text": f"{PHRASES[label][0]}。", "place": "奈良"} for label in PHRASES][:2]
    (tmp_path / "new.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in [*new, {"text": ""}]), encoding="utf-8"
    )
    serving = place.root / "serving" / "reviews"

    def run() -> tuple[int, str]:
        done = place.command("run", tmp_path / "gates.yaml", "--root", place.root)
        assert done.stderr == ""
        return done.returncode, done.stdout

    def last_evaluation() -> Path:
        folder = place.root / "artifacts/reviews/Evaluator/evaluation"
        return max(folder.iterdir(), key=lambda one: int(one.name))

    def compared_with() -> float:
        return read_comparisons(last_evaluation())["blessed"].other

    # A good one, though a third of its labels are wrong.
    wrong = random.Random(3)
    write(
        tmp_path / "train.csv",
        [
            (text, wrong.choice(list(PHRASES)) if n % 3 == 0 else label, where)
            for n, (text, label, where) in enumerate(train)
        ],
    )
    code, said = run()
    assert code == 0, said
    ((first, _),) = list_versions(str(serving))

    # All labels shuffled.
    shuffled = [label for _, label, _ in train]
    wrong.shuffle(shuffled)
    write(
        tmp_path / "train.csv", [(text, label, where) for (text, _, where), label in zip(train, shuffled, strict=True)]
    )
    code, said = run()
    assert code == 4, said
    assert "Not pushed: Evaluator: weighted_f1" in said
    assert "below the last blessed model's" in said
    assert "it is worse (evaluator.blessed_margin)" in said
    assert [version for version, _ in list_versions(str(serving))] == [first]
    assert "Not answered: 2 texts of bulk_inferrer" in said

    # All labels right: compared with the first, not with the refused one.
    write(tmp_path / "train.csv", train)
    code, said = run()
    assert code == 0, said
    (_, good), (second, manifest) = list_versions(str(serving))
    assert good is not None and manifest is not None
    assert manifest.metrics["weighted_f1"] >= good.metrics["weighted_f1"]
    assert compared_with() == pytest.approx(good.metrics["weighted_f1"])
    texts = [row["text"] for row in new]
    asked = [json.loads(line) for line in place.command("predict", "--model", serving, *texts).stdout.splitlines()]
    answered = {row["text"][0].decode(): row for row in answers_in_bulk(said)}
    for text, answer in zip(texts, asked, strict=True):
        labels = [label.decode() for label in answered[text]["labels"]]
        assert dict(zip(labels, answered[text]["probabilities"], strict=True)) == pytest.approx(
            answer["probabilities"], abs=1e-4
        )
        assert answered[text]["column/place"] == ["奈良".encode()]
    assert read_metrics(last_evaluation()).weighted_f1 == manifest.metrics["weighted_f1"]

    # The same again.
    code, said = run()
    assert code == 0, said
    assert f"Nothing new to push; serving: {serving}/{second}" in said
    done_again = [line for line in said.splitlines() if line.startswith("✓") and "cached" not in line]
    assert all(line.split()[1] == "LastBlessed" for line in done_again), said

    # Back to the first, and the run does not undo it.
    back = place.command("push", "rollback", serving)
    assert back.returncode == 0, back.stderr
    assert f"the model of version {first}" in back.stdout
    code, said = run()
    assert code == 0, said
    assert "Not pushed:" in said and "this model was rolled back from" in said
    _, *listed = place.command("push", "list", serving).stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["-", "withdrawn", "served"]

    page = Path(place.command("report", "--root", place.root).stdout.strip()).read_text(encoding="utf-8")
    assert "rolled back from" in page

    # What comes next is compared with what is served, not with what was rolled back from.
    (tmp_path / "train.csv").rename(tmp_path / "all.csv")
    write(tmp_path / "train.csv", train[:-30])
    code, said = run()
    assert code == 0 and "Pushed:" in said, said
    assert compared_with() == pytest.approx(good.metrics["weighted_f1"])

    # And forward again: the file as it was, for training it anew gives other bytes.
    (tmp_path / "all.csv").replace(tmp_path / "train.csv")
    assert place.command("push", "rollback", serving, "--to", second).returncode == 0
    code, said = run()
    assert code == 0 and "Nothing new to push" in said, said

    report = Path(place.command("report", "--root", place.root).stdout.strip())
    page = report.read_text(encoding="utf-8")
    assert "place" in page and "大阪" in page and "Good enough, and served." in page
    assert "京都" in (report.parent / "model_card.md").read_text(encoding="utf-8")
