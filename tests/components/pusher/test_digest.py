"""The digest that says "this model is already served": of what a model computes, and of nothing else."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import tensorflow as tf

from components import files
from components.pusher.digest import model_digest
from components.pusher.manifest import file_checksums
from tests.components.pusher.written import write_model

LABELS = ("京都観光", "携帯電話")
VOCABULARY = ("寺", "庭", "電話")


class Classifier(tf.Module):
    """Has what models are made of: weights, two tables (one filled from an asset), constants, a condition, a loop."""

    def __init__(
        self,
        folder: Path,
        weights: Sequence[float] = (0.25, -1.0, 2.0, 0.5),
        labels: Sequence[str] = LABELS,
        vocabulary: Sequence[str] = VOCABULARY,
        threshold: float = 0.5,
        numbers: Sequence[int] = (1, 2),
    ) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in vocabulary), encoding="utf-8")
        self.weights = [tf.Variable(weights, name="same"), tf.Variable([1.0, 3.0], name="same")]
        self.words = tf.lookup.StaticVocabularyTable(
            tf.lookup.TextFileInitializer(
                str(folder / "vocabulary.txt"),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            num_oov_buckets=1,
        )
        self.numbers = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant([0, 1]), tf.constant(numbers)), default_value=0
        )
        self.labels, self.threshold = list(labels), threshold

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = tf.ensure_shape(self.words.lookup(text), [None])
        scores = tf.gather(self.weights[0], ids) * self.weights[1][0] - self.weights[1][1]
        scores = tf.cond(tf.size(ids) > 3, lambda: scores * 2.0, lambda: scores)
        _, scores = tf.while_loop(lambda step, _: step < 2, lambda step, one: (step + 1, one + 0.5), (0, scores))
        chosen = tf.cast(scores > self.threshold, tf.int32)
        tf.debugging.assert_less(chosen, 2)
        return {"label": tf.gather(self.labels, chosen), "score": scores, "number": self.numbers.lookup(chosen)}


def save(model: Classifier, folder: Path, name: str = "serving_default") -> str:
    tf.saved_model.save(model, str(folder), signatures={name: model.classify})
    return str(folder)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("saved")
    return save(Classifier(folder / "assets"), folder / "model")


def test_the_same_model_written_twice_has_other_bytes_and_the_same_digest(saved: str, tmp_path: Path) -> None:
    for number in range(3):  # functions get other numbers

        @tf.function
        def other(value: tf.Tensor, number: int = number) -> tf.Tensor:
            return value + number

        other(tf.constant(1))
    again = save(Classifier(tmp_path / "somewhere" / "else"), tmp_path / "again")
    assert file_checksums(again)["saved_model.pb"] != file_checksums(saved)["saved_model.pb"]
    assert model_digest(again) == model_digest(saved)


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": (0.25, -1.0, 2.0, 0.50000006)},
        {"weights": (-1.0, 0.25, 2.0, 0.5)},
        {"labels": ("京都観光", "携帯電話。")},
        {"labels": LABELS[::-1]},
        {"vocabulary": ("寺", "庭", "電車")},
        {"vocabulary": VOCABULARY[::-1]},
        {"threshold": 0.50000006},
        {"numbers": (2, 1)},
    ],
)
def test_a_model_that_differs_in_one_value_has_another_digest(
    saved: str, tmp_path: Path, changed: dict[str, Sequence[float]]
) -> None:
    assert model_digest(save(Classifier(tmp_path / "a", **changed), tmp_path / "b")) != model_digest(saved)  # type: ignore[arg-type]


def test_a_signature_by_another_name_is_another_model(saved: str, tmp_path: Path) -> None:
    assert model_digest(save(Classifier(tmp_path / "a"), tmp_path / "b", "classify")) != model_digest(saved)


def test_what_is_asked_beside_the_model_plays_no_part(saved: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in files.list_files(saved):
        files.copy(f"{saved}/{name}", f"{copy}/{name}")
    (copy / "fingerprint.pb").write_bytes(b"another")
    (copy / "assets.extra").mkdir()
    (copy / "assets.extra" / "labels.json").write_text("[]")
    assert model_digest(str(copy)) == model_digest(saved)
    bucket = f"ram://digest/{tmp_path.name}"
    for name in files.list_files(saved):
        files.copy(f"{saved}/{name}", f"{bucket}/{name}")
    assert model_digest(bucket) == model_digest(saved)


def test_what_is_no_model_goes_by_its_bytes(tmp_path: Path) -> None:
    digests = set()
    for graph in (b"", b"graph", b"\x08\x01"):
        (tmp_path / "saved_model.pb").write_bytes(graph)
        digests.add(model_digest(str(tmp_path)))
    model = write_model(tmp_path, [1.0, 2.0])
    digests.add(model_digest(str(model)))
    data = model / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1])
    digests.add(model_digest(str(model)))
    data.write_bytes(b"")
    digests.add(model_digest(str(model)))
    assert len(digests) == 6


SCRIPT = """
import sys
from pathlib import Path
import tensorflow as tf
from tests.components.pusher.test_digest import Classifier, save
for number in range(int(sys.argv[2])):
    tf.function(lambda value: value + 1)(tf.constant(float(number)))
save(Classifier(Path(sys.argv[1], "assets")), Path(sys.argv[1], "model"))
"""


@pytest.mark.slow
def test_another_process_writes_the_same_model(saved: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), "7"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "4711"}, timeout=120)
    assert model_digest(str(tmp_path / "model")) == model_digest(saved)
