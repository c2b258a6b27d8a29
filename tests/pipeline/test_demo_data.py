"""The demo's labelled sentences and its corpus are what the demo needs, and are not made from templates."""

import csv
import re
from collections import Counter
from itertools import combinations, groupby
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "pipeline" / "demo"
COLUMNS = ["id", "text", "label", "language"]
LABELS = {"グルメ": "gourmet", "携帯電話": "phone", "京都": "kyoto", "スポーツ": "sport"}
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # hiragana, katakana, kanji
GALVESTON = (
    "Galveston is home to six historic districts with over 60 structures listed "
    "representing architectural significance."
)

Row = dict[str, str]


def shingles(text: str, language: str) -> frozenset[str]:
    """Lower-cased words of an English text, character trigrams of a Japanese one."""
    if language == "en":
        return frozenset(re.findall(r"[\w']+", text.lower()))
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with (DEMO / "sentences.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return (DEMO / "corpus.txt").read_text(encoding="utf-8").splitlines()


def test_similarity_by_hand() -> None:
    # {a, cold, soup} and {a, hot, soup} share 2 of 4; {あいう, いうえ} and {あいう, いうお} share 1 of 3
    assert jaccard(shingles("A cold soup.", "en"), shingles("a hot soup", "en")) == 0.5
    assert jaccard(shingles("あいうえ", "ja"), shingles("あいうお", "ja")) == pytest.approx(1 / 3)


def test_header_and_complete_rows() -> None:
    with (DEMO / "sentences.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file, strict=True))
    assert table[0] == COLUMNS
    bad = [row for row in table if len(row) != len(COLUMNS) or any(not cell or cell != cell.strip() for cell in row)]
    assert bad == []


def test_at_least_75_of_each_class_and_language(rows: list[Row]) -> None:
    counts = Counter((row["label"], row["language"]) for row in rows)
    assert set(counts) == {(label, language) for label in LABELS for language in ("ja", "en")}
    assert {key: count for key, count in counts.items() if count < 75} == {}


def test_ids_and_texts_are_unique(rows: list[Row]) -> None:
    for column in ("id", "text"):
        repeated = [value for value, count in Counter(row[column] for row in rows).items() if count > 1]
        assert repeated == []


def test_ids_tell_language_and_class(rows: list[Row]) -> None:
    wrong = [
        row["id"] for row in rows if not re.fullmatch(rf"{row['language']}-{LABELS[row['label']]}-\d{{3}}", row["id"])
    ]
    assert wrong == []


def test_language_column_is_true(rows: list[Row]) -> None:
    wrong = [row["id"] for row in rows if bool(JAPANESE.search(row["text"])) != (row["language"] == "ja")]
    assert wrong == []


def test_lengths_vary_within_bounds(rows: list[Row]) -> None:
    lengths: dict[str, list[int]] = {"ja": [], "en": []}
    for row in rows:
        units = row["text"] if row["language"] == "ja" else row["text"].split()
        lengths[row["language"]].append(len(units))
    assert min(lengths["ja"]) >= 8 and 50 <= max(lengths["ja"]) <= 60
    assert min(lengths["en"]) >= 4 and 28 <= max(lengths["en"]) <= 35


def test_no_two_sentences_are_alike(rows: list[Row]) -> None:
    def key(row: Row) -> tuple[str, str]:
        return row["label"], row["language"]

    alike = []
    for (_, language), group in groupby(sorted(rows, key=key), key=key):
        sets = [(row["id"], shingles(row["text"], language)) for row in group]
        alike += [(a, b) for (a, x), (b, y) in combinations(sets, 2) if jaccard(x, y) > 0.6]
    assert alike == []


def test_no_opening_is_overused(rows: list[Row]) -> None:
    """A template shows as many sentences that begin alike: two English words, four Japanese characters."""
    openings = Counter(
        row["text"][:4] if row["language"] == "ja" else " ".join(row["text"].lower().split()[:2]) for row in rows
    )
    assert {opening: count for opening, count in openings.items() if count > 12} == {}


def test_corpus_has_about_500_lines_of_each_language(corpus: list[str]) -> None:
    japanese = sum(bool(JAPANESE.search(line)) for line in corpus)
    assert 480 <= japanese <= 560
    assert 480 <= len(corpus) - japanese <= 560
    assert [line for line in corpus if not line or line != line.strip()] == []


def test_corpus_lines_are_unique_and_none_is_a_labelled_sentence(rows: list[Row], corpus: list[str]) -> None:
    assert [line for line, count in Counter(corpus).items() if count > 1] == []
    assert set(corpus) & {row["text"] for row in rows} == set()


def test_corpus_teaches_the_sentence_that_the_demo_fills(corpus: list[str]) -> None:
    assert corpus.count(GALVESTON) == 1
    assert sum("Galveston" in line for line in corpus) == 3
    assert sum("historic district" in line for line in corpus) >= 15
    assert sum("architectural significance" in line for line in corpus) >= 6
