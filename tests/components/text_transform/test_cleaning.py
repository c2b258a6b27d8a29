import csv
import re
import tarfile
import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given, settings

from components.text_transform.cleaning import STEPS, clean
from components.text_transform.config import CLEANING_STEPS, RECIPES
from tests.components.text_transform import newsgroups_reference
from tests.components.text_transform.texts import lower, texts
from tests.components.tokenizer.hard_cases import HARD


def cleaned(rows: list[str], steps) -> list[str]:
    return [row.decode() for row in clean(tf.constant([row.encode() for row in rows]), steps).numpy()]


def test_the_configuration_knows_every_step():
    assert set(STEPS) == set(CLEANING_STEPS)


@pytest.mark.parametrize(
    "step, text, expected",
    [
        ("lower", "ΑΣ İI ＡB\0C", "ας i̇i ａb\0c"),
        ("drop_crlf", "a\r\n\nb\r", "a\nb\r"),
        ("newline_to_space", "a\n\nb\r\n", "a  b\r "),
        ("digits_to_zero", "a12.34 ５６ ٣٤ ²", "a0.0 0 0 ²"),
        ("drop_symbols", "a.-!?\\＼％$「か」、〜ー．！", "a.-!?\\かー．！"),
        ("fullwidth_to_halfwidth", "Ａｂ１！～\u3000ｱ", "Ab1!~\u3000ｱ"),
        ("drop_hyphens", "a-b--c－", "abc－"),
        ("collapse_spaces", " a \u3000 b\t c", " a b\t c"),
        ("collapse_dots", "a...b.．。", "a.b.．。"),
        ("drop_tabs", "a\t\tb", "ab"),
        ("nfkc", "ｶﾞ①か\u3099ﬁ", "ガ1がfi"),
        ("collapse_whitespace", "\u2003a \n b\u3000\x85c\x1f", "a b c"),
    ],
)
def test_step(step, text, expected):
    assert cleaned([text], [step]) == [expected]


PYTHON = {
    "lower": lower,
    "digits_to_zero": lambda text: re.sub(r"\d+", "0", text),
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "collapse_whitespace": lambda text: " ".join(text.split()),
    "fullwidth_to_halfwidth": lambda text: text.translate({c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}),
}


@pytest.mark.parametrize("step", PYTHON)
def test_step_equals_python_on_every_character(step):
    codepoints = [*range(0x34000), *range(0xE0000, 0xE1000), *range(0x34000, 0x110000, 97)]
    rows = [f"a{chr(c)}b" for c in codepoints if not 0xD800 <= c < 0xE000]
    assert cleaned(rows, [step]) == [PYTHON[step](row) for row in rows]


@pytest.mark.parametrize("step", PYTHON)
@settings(max_examples=40, deadline=None)
@given(rows=texts())
def test_step_equals_python_on_random_text(step, rows):
    assert cleaned(rows, [step]) == [PYTHON[step](row) for row in rows]


def test_the_recipe_by_hand():
    text = "From: A.B@C.d (12 34)\r\nRe: 〜Hi 「there」... C:\\x　 ﾆﾎﾝ ＡＢ－１\tEnd-\n"
    assert cleaned([text], RECIPES["newsgroups"]) == ["from a.bc.d 0 0re hi there. c\\x ﾆﾎﾝ ab0end "]


def test_the_recipe_equals_plain_python_on_hard_texts():
    assert cleaned(HARD, RECIPES["newsgroups"]) == [newsgroups_reference.clean(text) for text in HARD]


@settings(max_examples=60, deadline=None)
@given(rows=texts())
def test_the_recipe_equals_plain_python_on_random_text(rows):
    assert cleaned(rows, RECIPES["newsgroups"]) == [newsgroups_reference.clean(row) for row in rows]


@pytest.mark.data
def test_the_recipe_equals_plain_python_on_all_newsgroups(data_dir):
    with tarfile.open(data_dir / "20newsgroups" / "20news-bydate-train.tar.gz") as archive:
        rows = [archive.extractfile(member).read().decode("latin-1") for member in archive if member.isfile()]
    assert len(rows) == 11_314
    assert cleaned(rows, RECIPES["newsgroups"]) == [newsgroups_reference.clean(row) for row in rows]


@pytest.mark.data
def test_the_recipe_equals_plain_python_on_knbc(data_dir):
    rows = []
    for split in ("trains", "tests"):
        with open(data_dir / "knbc" / split / "features.csv", encoding="utf-8", newline="") as file:
            rows += [row[0] for row in csv.reader(file)][1:]
    assert len(rows) == 3_767
    assert cleaned(rows, RECIPES["newsgroups"]) == [newsgroups_reference.clean(row) for row in rows]
