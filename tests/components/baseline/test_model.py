"""TF-IDF and a linear model on English and Japanese."""

import csv

import pytest

from components.baseline.config import BaselineConfig
from components.baseline.model import LabelledTexts, choose_analyzer, train_and_answer
from components.errors import DataError

FOODS, PHONES = ["ラーメン", "寿司", "うどん", "焼き肉"], ["着信音", "充電器", "画面", "機種変更"]


def single(texts, labels):
    return LabelledTexts(texts, [(label,) for label in labels])


def japanese(places):
    texts = [f"{place}で{food}を食べた。" for place in places for food in FOODS]
    texts += [f"{place}で{phone}を見た。" for place in places for phone in PHONES]
    half = len(texts) // 2
    return single(texts, ["グルメ"] * half + ["携帯電話"] * half)


def test_japanese_words_are_recognised_without_spaces():
    metrics = train_and_answer(
        japanese(["京都", "東京", "駅前", "大阪"]), japanese(["奈良", "神戸"]), BaselineConfig(min_count=1)
    ).metrics

    assert metrics.accuracy == 1.0
    assert metrics.labels == ["グルメ", "携帯電話"]
    assert metrics.confusion_matrix == [[8, 0], [0, 8]]
    assert metrics.loss is None


def test_word_order_counts_through_word_pairs():
    train = single(["good not bad", "bad not good"] * 4, ["praise", "blame"] * 4)
    evaluation = single(["good not bad", "bad not good"], ["praise", "blame"])

    assert train_and_answer(train, evaluation, BaselineConfig(word_ngrams=2)).metrics.accuracy == 1.0
    assert train_and_answer(train, evaluation, BaselineConfig(word_ngrams=1)).metrics.accuracy == 0.5


@pytest.mark.parametrize(
    ("texts", "analyzer"),
    [
        (["The weather is fine."], "word"),
        (["天気がいい。"], "char"),
        (["ﾃﾞﾝﾜがほしい"], "char"),
        (["We ate ramen (ラーメン) in Kyoto (京都)."], "word"),
        (["iPhoneを買った。とても気に入っている。"], "char"),
        ([""], "word"),
    ],
)
def test_analyzer_follows_the_script(texts, analyzer):
    assert choose_analyzer(texts) == analyzer


@pytest.mark.parametrize(
    ("train", "evaluation", "message"),
    [
        (single(["a b"], ["x"]), single(["a"], ["x"]), "two labels or more"),
        (japanese(["京都"]), LabelledTexts([], []), "eval split has no examples"),
    ],
)
def test_unusable_data_is_refused(train, evaluation, message):
    with pytest.raises(DataError, match=message):
        train_and_answer(train, evaluation, BaselineConfig())


@pytest.mark.data
def test_knbc(data_dir):
    def column(name):
        with (data_dir / "knbc" / name).open(encoding="utf-8", newline="") as file:
            return [row[0] for row in csv.reader(file)][1:]

    train, evaluation = (
        single(column(f"{split}/features.csv"), column(f"{split}/labels.csv")) for split in ("trains", "tests")
    )

    metrics = train_and_answer(train, evaluation, BaselineConfig()).metrics

    assert metrics.example_count == 377
    assert metrics.weighted_f1 > 0.72


def test_several_labels_are_decided_on_one_by_one():
    def data(places):
        one = japanese(places)
        both = [f"{food}を食べて{phone}を見た。" for food, phone in zip(FOODS, PHONES, strict=True)]
        labels = [*one.labels, *[("グルメ", "携帯電話")] * 4, ()]
        return LabelledTexts([*one.texts, *both, "晴れ。"], labels, multi_label=True)

    metrics = train_and_answer(
        data(["京都", "東京", "駅前", "大阪"]), data(["奈良", "神戸"]), BaselineConfig(min_count=1)
    ).metrics

    assert metrics.labels == ["グルメ", "携帯電話"]
    assert metrics.example_count == 21
    assert metrics.per_class["グルメ"].support == 12
    assert metrics.micro_f1 > 0.9


@pytest.mark.parametrize("several", [False, True])
def test_a_label_that_only_the_eval_split_has_is_never_answered(several):
    train = LabelledTexts(["京都の寺", "電話の声"] * 3, [("京都",), ("電話",)] * 3, several)
    evaluation = LabelledTexts(["京都の寺", "寿司"], [("京都",), ("グルメ",)], several)

    metrics = train_and_answer(train, evaluation, BaselineConfig()).metrics

    assert metrics.labels == ["京都", "電話", "グルメ"]
    assert (metrics.accuracy, metrics.per_class["京都"].recall, metrics.per_class["グルメ"].recall) == (0.5, 1, 0)
