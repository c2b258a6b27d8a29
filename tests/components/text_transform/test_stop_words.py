import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError
from components.text_transform.stop_words import drop_stop_words, resolve_stop_words
from tests.components.text_transform import newsgroups_reference


def dropped(texts: list[str], words: list[str]) -> list[str]:
    return [text.decode() for text in drop_stop_words(tf.constant(texts), words).numpy()]


def test_drops_neighbours_ends_and_empty_strings():
    assert dropped(["to be  or not to be", "to", "", "  ", "tomorrow to", "be be be x"], ["to", "be", "or"]) == [
        "not",
        "",
        "",
        "",
        "tomorrow",
        "x",
    ]


def test_compares_whole_words_as_they_are():
    assert dropped(["The the\tthe\nthe a.b axb", "これ は 本 です"], ["the", "a.b", "は"]) == [
        "The the\tthe\nthe axb",
        "これ 本 です",
    ]


def test_without_words_only_spaces_are_joined():
    assert dropped([" a  b ", "c"], []) == ["a b", "c"]


WORDS = ["a", "b.", "は", "the", "(x"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["a", "b", ".", " ", "  ", "は", "the", "(x", "\n"])).map("".join), min_size=1)
)
def test_equals_plain_python(texts):
    assert dropped(texts, WORDS) == [newsgroups_reference.without(text, WORDS) for text in texts]


def test_japanese_and_english_lists():
    japanese, english = resolve_stop_words(["japanese"]), resolve_stop_words(["english"])
    assert {"これ", "する"} <= set(japanese)
    assert {"the", "whereupon"} <= set(english)
    assert resolve_stop_words(["japanese", "english"]) == sorted({*japanese, *english})


def test_english_is_a_union(tmp_path):
    file = tmp_path / "nltk.txt"
    file.write_text("the\nshouldn't\n\n", encoding="utf-8")
    words = resolve_stop_words(["english"], str(file))
    assert {"the", "shouldn't", "whereupon"} <= set(words)


def test_a_list_of_ones_own(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("これ\n  the \n", encoding="utf-8")
    assert resolve_stop_words([str(file)]) == ["the", "これ"]


def test_errors_name_the_key_and_the_file(tmp_path):
    missing = str(tmp_path / "no.txt")
    with pytest.raises(ConfigError, match=r"text\.stop_words: .*no\.txt.*No such file"):
        resolve_stop_words([missing])
    with pytest.raises(ConfigError, match=r"text\.nltk_english: "):
        resolve_stop_words(["english"], missing)
    spaced = tmp_path / "spaced.txt"
    spaced.write_text("of course\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'of course'"):
        resolve_stop_words([str(spaced)])


@pytest.mark.data
def test_the_union_of_the_write_up(data_dir):
    words = resolve_stop_words(["english"], str(data_dir / "stopwords" / "nltk-english.txt"))
    nltk = set((data_dir / "stopwords" / "nltk-english.txt").read_text().split())
    assert len(nltk) == 179
    assert set(words) == nltk | set(resolve_stop_words(["english"]))
