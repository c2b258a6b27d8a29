"""Facts of texts: what is counted, and the scripts of the languages that this is for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.text_facts import FACTS_FILE, describe, joined, read_facts, sample_rows, script_of, to_json


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("京都のお寺で抹茶", "Japanese"),
        ("ｹｰﾀｲ", "Japanese"),
        ("スマホで BBC を見る", "Japanese"),
        ("I like the café in 京都の", "Latin"),
        ("携帯電話", "Han"),
        ("Привет, мир", "Cyrillic"),
        ("서울", "Hangul"),
        ("مرحبا", "Arabic"),
        ("", "none"),
        ("12:30 🍣", "none"),
    ],
)
def test_scripts(text, script):
    assert script_of(text) == script


@given(st.text())
def test_every_text_has_a_script(text):
    assert script_of(text)
    assert script_of(text * 2) == script_of(text)


def test_facts_hold_no_text(tmp_path):
    texts = ["京都のお寺".encode(), b"caf\xe9", b""]
    facts = describe(texts, [7, 4, 2], [0, 2, 0], ["京都", "グルメ", "京都"])
    assert facts.characters == [5, 4, 0]
    assert facts.unknown_share == [0.0, 0.5, 0.0]
    assert facts.script == ["Japanese", "Latin", "none"]
    content = to_json(joined([facts, facts]))
    assert "お寺" not in content and "caf" not in content
    assert {len(column) for column in json.loads(content).values()} == {6}
    (tmp_path / FACTS_FILE).parent.mkdir()
    (tmp_path / FACTS_FILE).write_text(content, encoding="utf-8")
    assert read_facts(tmp_path) == joined([facts, facts])
    assert read_facts(tmp_path / "older") is None


@given(st.integers(0, 300), st.integers(1, 100))
def test_rows_are_drawn_once_and_in_order(count, most):
    rows = sample_rows(count, most)
    assert len(rows) == min(count, most) == len(set(rows))
    assert rows == sorted(rows) and all(0 <= row < count for row in rows)
    assert rows == sample_rows(count, most)
