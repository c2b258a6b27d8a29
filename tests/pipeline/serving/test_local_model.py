"""Asking SavedModels on disk."""

import itertools
import math
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components import files
from components.errors import ConfigError, DataError
from components.served_model import reason_of
from pipeline.serving.local_model import fill_mask, predict, predict_many, tokenize_with
from tests.components.servable_check import models

# The softmax of one logit 2 among three of 0.
MATCH = math.exp(2) / (math.exp(2) + 3)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    serving = tmp_path_factory.mktemp("serving") / "京都"
    models.save_classifier(serving / "100")
    return serving


def test_predictions_are_those_of_the_model_in_order(classifier: Path) -> None:
    texts = ["京都の寺", "携帯電話を買った", "スポーツ", "グルメ"]
    predictions = list(predict(classifier, texts, batch_size=3))
    assert [prediction.label for prediction in predictions] == ["京都", "携帯電話", "スポーツ", "グルメ"]
    assert predictions[0].score == pytest.approx(MATCH)
    assert predictions[0].probabilities == pytest.approx(
        {"グルメ": (1 - MATCH) / 3, "携帯電話": (1 - MATCH) / 3, "京都": MATCH, "スポーツ": (1 - MATCH) / 3}
    )


def test_many_texts_of_any_length_keep_their_order(classifier: Path) -> None:
    words = {"京都の寺": "京都", "携帯電話を買った": "携帯電話", "スポーツ": "スポーツ", "グルメ": "グルメ"}
    texts = [f"{text}{'。' * (number * 7 % 50)}" for number in range(700) for text in words]
    assert [one.label for one in predict_many(classifier, texts, batch_size=8)] == [*words.values()] * 700
    assert list(predict_many(classifier, [])) == []


def test_no_texts(classifier: Path) -> None:
    assert list(predict(classifier, [])) == []


def test_texts_are_read_a_batch_at_a_time(classifier: Path) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "京都"

    assert len(list(itertools.islice(predict(classifier, endless(), batch_size=4), 6))) == 6
    assert taken == 8


def test_fill_mask(tmp_path: Path) -> None:
    best = fill_mask(models.save_fill_mask(tmp_path / "m"), "京都の[MASK]に行く")
    assert [token for token, _ in best] == ["寺", "café", "the", "##s", "[UNK]"]
    assert [score for _, score in best] == pytest.approx([0.5, 0.2, 0.1, 0.1, 0.05])


def test_a_mask_beyond_what_the_model_reads(tmp_path: Path) -> None:
    def nothing(text: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(text)[0]
        return {"tokens": tf.fill([rows, 5], ""), "scores": tf.zeros([rows, 5])}

    with pytest.raises(DataError, match=r"stops reading before the first \[MASK\]"):
        fill_mask(models.save(tmp_path / "m", fill_mask=nothing), "long " * 9 + "[MASK]")


def test_a_long_text_is_a_batch_by_itself() -> None:
    asked: list[list[int]] = []

    def ask(batch: list[str]) -> dict[str, np.ndarray]:
        asked.append([len(text) for text in batch])
        empty = np.zeros((len(batch), 0))
        return {
            "cleaned": np.array([b""] * len(batch)),
            "pieces": empty,
            "ids": empty,
            "length": np.zeros(len(batch), int),
        }

    texts = ["a"] * 5 + ["長" * 2_000_000] + ["b"] * 3
    assert len(list(tokenize_with(ask, texts, batch_size=4))) == 9
    assert asked == [[1] * 4, [1], [2_000_000], [1] * 3]


def test_a_broken_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xffbroken")
    with pytest.raises(ConfigError, match=r"--model: .* cannot be loaded: "):
        list(predict(tmp_path, ["a"]))


def test_a_text_without_a_mask(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the text holds no \[MASK\].*京都の\[mask\]に行く"):
        fill_mask(tmp_path, "京都の[mask]に行く")


def test_the_wrong_kind_of_model_names_the_right_command(classifier: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"100 is not a masked language model but a classifier \(use `tfx-bert predict`\)"
    ):
        fill_mask(classifier, "[MASK]")
    path = models.save_fill_mask(tmp_path / "m")
    with pytest.raises(ConfigError, match=r"not a classifier but a masked language model \(use `tfx-bert fill-mask`\)"):
        next(predict(path, ["a"]))


def test_a_model_of_another_kind(tmp_path: Path) -> None:
    path = models.save(tmp_path / "m", embed=lambda text: {"length": tf.strings.length(text)})
    with pytest.raises(ConfigError, match=r"is not a classifier but a model with the signatures .*embed"):
        next(predict(path, ["a"]))


def test_nothing_is_printed(classifier: Path, capfd: pytest.CaptureFixture[str]) -> None:
    list(predict(classifier, ["京都"]))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_random_damage_is_one_line_or_does_no_harm(tmp_path: Path) -> None:
    whole = models.save_classifier(tmp_path / "whole")
    names = [name for name in files.list_files(str(whole)) if not name.startswith("assets.extra")]
    refused = 0
    for seed in range(25):
        chance = random.Random(seed)
        damaged = tmp_path / str(seed)
        shutil.copytree(whole, damaged)
        path = damaged / chance.choice(names)
        content = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 3, 20])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            assert len(list(predict(damaged, ["京都"]))) == 1
        except ConfigError as error:
            refused += 1
            assert str(damaged) in str(error) and "\n" not in str(error)
            assert not str(error).endswith("error:")
    assert refused > 3


def test_the_reason_is_behind_tensorflow_s_preamble() -> None:
    error = RuntimeError(
        "Graph execution error:\n\nDetected at node save/RestoreV2 defined at (most recent call last):\n"
        '  File "a.py", line 1\n\n1 root error(s) found.\n  (0) DATA_LOSS: Checksum does not match\n\t [[node]]'
    )
    assert reason_of(error) == "(0) DATA_LOSS: Checksum does not match"
    assert reason_of(MemoryError()) == "MemoryError"
