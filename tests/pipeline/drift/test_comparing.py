"""Distances: none between halves of one corpus, large where language, length or labels have changed."""

import dataclasses
import random

import pytest

from components.text_facts import TextFacts, describe
from pipeline.drift.comparing import compare
from tests.benchmarks import corpora

pytestmark = pytest.mark.slow


def facts(texts: list[str], labels: list[str]) -> TextFacts:
    encoded = [text.encode() for text in texts]
    return describe(encoded, [len(text) // 2 + 2 for text in texts], [len(text) % 2 for text in texts], labels)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    found = corpora.japanese_sentences()
    random.Random(0).shuffle(found)
    return found


def distances(training: TextFacts, served: TextFacts) -> dict[str, float]:
    return {one.fact: one.distance for one in compare(training, served)}


def test_halves_of_one_corpus_differ_by_chance_alone(sentences):
    halves = [facts(part, ["京都", "グルメ"] * (len(part) // 2)) for part in (sentences[:1600], sentences[1600:3200])]
    assert max(distances(*halves).values()) < 0.05


def test_another_language_and_longer_texts_are_told(sentences):
    english = ["The temples of Kyoto are old. " * 8] * 300
    found = distances(facts(sentences[:1000], ["京都"] * 1000), facts(english, ["京都"] * 300))
    assert found["script"] > 0.9 and found["characters"] > 0.5 and found["tokens"] > 0.5
    assert found["label"] == 0


def test_one_long_text_does_not_hide_that_all_others_are_longer(sentences):
    longest = ["長い文章。" * 5000]
    training = facts(sentences[:500] + longest, ["京都"] * 501)
    served = facts([sentence * 4 for sentence in sentences[:500]] + longest, ["京都"] * 501)
    found = distances(training, served)
    assert found["characters"] > 0.2 and found["tokens"] > 0.2


def test_one_text_is_no_drift_from_what_was_always_the_same(sentences):
    training = dataclasses.replace(
        facts(sentences[:1000], ["京都"] * 1000), tokens=[128] * 1000, unknown_share=[0.0] * 1000
    )
    one = dataclasses.replace(training, tokens=[128] * 999 + [127], unknown_share=[0.0] * 999 + [0.1])
    half = dataclasses.replace(training, tokens=[128, 20] * 500, unknown_share=[0.0, 0.3] * 500)
    assert max(distances(training, one).values()) < 0.01
    found = distances(training, half)
    assert found["tokens"] > 0.2 and found["unknown_share"] > 0.2


def test_another_mix_of_labels_is_told_by_its_largest_share(sentences):
    training = facts(sentences[:1000], ["京都"] * 500 + ["グルメ"] * 500)
    served = facts(sentences[:1000], ["京都"] * 800 + ["グルメ"] * 200)
    (label,) = [one for one in compare(training, served) if one.fact == "label"]
    assert label.distance == pytest.approx(0.3, abs=1e-3)
    assert (label.training, label.served) == ("京都 50%, グルメ 50%", "京都 80%, グルメ 20%")


def test_a_label_and_a_script_that_are_new_count(sentences):
    training = facts(sentences[:400], ["京都"] * 400)
    served = facts(["서울"] * 200 + sentences[:200], ["부산"] * 200 + ["京都"] * 200)
    found = distances(training, served)
    assert found["label"] == pytest.approx(0.5, abs=1e-3)
    assert found["script"] == pytest.approx(0.5, abs=0.02)
