"""Vocabularies as people have them: rows that no word can hold, repeated rows, long pieces, other limits of words."""

import json
import string
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, BertTokenizerFast, PreTrainedTokenizerFast

from components.errors import ConfigError, DataError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer.hard_cases import HARD
from tests.components.tokenizer.parity import assert_equal_ids, auto_encode, graph_encode, hugging_face_encode

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [*string.ascii_lowercase, *string.digits, *".,!?-'", *"京都部屋あい"]
PIECES = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), "the", "room", "##ing"]
ODD = [
    *("", " ", "  ", "\t", "\u3000", "\u00a0", "\u200b", "\ufeff", "##", "###", "##-", "-", "--", "a-b", "wi-fi"),
    *("new york", "the room", "a\u3000b", "a\u200bb", "京都", "##京", "é", "e\u0301", "ﬁ", "Ａ", "A", "The", "[a]"),
    *("[special id 3]", "[unused1]", "[unused id 3]", "##the", "a" * 100, "a" * 101, "##" + "b" * 99, "\ue000"),
    *("\U0010fffd", "\x01x", "…", "a…b"),
]  # fmt: skip
TEXTS = [
    *("the room", " the room", "the  room", "部屋 京都", "\u3000部屋", "the room\n", "the\troom was", "new york city"),
    *("wi-fi a-b --", "a\u3000b a\u200bb", "京都京", "é e\u0301 ﬁ Ａ A", "[a] [special id 3] [unused1]"),
    *("a…b", "- -- ### ##"),
    *("a" * 100, "a" * 101, "ab" * 50, "x" + "b" * 99, "thethe roomroom"),
]  # fmt: skip


def write_rows(directory: Path, pieces: list[str], **settings) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8", newline="")
    (directory / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **settings}))
    return directory


def imported(source: Path, tmp_path: Path) -> Path:
    import_tokenizer(source, tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())
    return tmp_path / "imported"


def assert_as_the_reference(source: Path, tmp_path: Path, texts: list[str]) -> None:
    directory = imported(source, tmp_path)
    assert_equal_ids(texts, graph_encode(directory), auto_encode(source))
    assert_equal_ids(texts, auto_encode(directory), auto_encode(source))


@pytest.mark.slow
@pytest.mark.parametrize("lowercase", [True, False])
def test_rows_that_no_word_can_hold(tmp_path, lowercase):
    source = write_rows(tmp_path / "source", [*PIECES, *ODD, "the", *ODD[:3]], do_lower_case=lowercase)
    assert_as_the_reference(source, tmp_path, [*TEXTS, *HARD])


ROWS = st.lists(
    st.one_of(
        st.text(st.sampled_from("ab京 -\u3000é#.\u200bA"), max_size=4),
        st.text(st.sampled_from("ab京 -\u3000é#.\u200bA"), max_size=4).map("##{}".format),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    ),
    max_size=30,
)
WORDS = st.lists(st.text(st.sampled_from("aab京 -\u3000é#.\u200bA"), max_size=12), min_size=1, max_size=20)


@pytest.mark.slow
def test_vocabularies_by_chance(tmp_path):
    @settings(max_examples=15, deadline=None, database=None)
    @given(rows=ROWS, texts=WORDS)
    def check(rows, texts):
        rows = [row for row in rows if not any(end in row for end in "\n\r\0")]
        assert_as_the_reference(
            write_rows(tmp_path / "source", [*SPECIAL, "a", "##b", *rows]), tmp_path, [*texts, *rows]
        )

    check()


def with_limit(directory: Path, limit: int) -> PreTrainedTokenizerFast:
    pieces = [*PIECES, "a" * 250, "##" + "a" * 250, "あ" * 85, "##" + "あ" * 85]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=limit))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    roles = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, mask_token="[MASK]", **roles)
    whole.save_pretrained(directory)
    return whole


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 1, 5, 199, 200, 999, 1000, 10_000, 2**40])
def test_words_longer_than_the_limit(tmp_path, limit):
    # Long pieces, since the reference takes cubic time for words of many short ones.
    lengths = [5000] if limit > 10_000 else [limit, limit + 1]
    words = [letter * length for length in lengths for letter in ("aあ" if length < 2000 else "a")]
    texts = [text for word in words for text in (word, f"x {word}, y-{word}。京")]
    texts += [*TEXTS, "", "a. " * 2000, "." * 3000, "京" * 2000, "x\n" * 600]
    reference = with_limit(tmp_path / "source", limit)
    directory = imported(tmp_path / "source", tmp_path)
    assert_equal_ids(texts, graph_encode(directory), hugging_face_encode(reference))
    assert_equal_ids([], graph_encode(directory), hugging_face_encode(reference))


def test_no_mask(tmp_path):
    source = write_rows(tmp_path / "source", [piece for piece in PIECES if piece != "[MASK]"])
    assert_as_the_reference(source, tmp_path, TEXTS)
    graph = TextGraph.load(tmp_path / "imported")
    assert graph.pieces.index("[MASK]") == len(PIECES) - 1
    assert max(max(ids) for ids in graph.tokenize(tf.constant(TEXTS)).to_list()) < len(PIECES) - 1


def test_a_mask_that_is_null(tmp_path):
    graph = TextGraph.load(imported(write_rows(tmp_path / "source", PIECES, mask_token=None), tmp_path))
    with pytest.raises(ConfigError, match="it has no mask token"):
        graph.tokenize_masked(tf.constant(["[MASK]"]))


@pytest.mark.parametrize("missing", ["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
def test_a_special_token_that_texts_need(tmp_path, missing):
    source = write_rows(tmp_path / "source", [piece for piece in PIECES if piece != missing])
    for path in (source, source / "vocab.txt"):
        with pytest.raises(
            DataError, match=rf"vocab\.txt has no line \[{missing[1:-1]}\]: take the vocab.txt that came"
        ):
            imported(path, tmp_path)


def test_special_tokens_with_other_names_and_ids(tmp_path):
    rows = ["a", "<unk>", "##b", "<s>", "</s>", "<pad>", "<mask>"]
    roles = {
        "unk_token": "<unk>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    source = write_rows(tmp_path / "source", rows, **roles)
    assert_as_the_reference(source, tmp_path, ["a ab b", "<s> a"])
    graph = TextGraph.load(tmp_path / "imported")
    assert (graph.unk_id, graph.cls_id, graph.sep_id, graph.pad_id, graph.mask_id) == (1, 3, 4, 5, 6)


ENCODINGS = {
    "a byte order mark": ("utf-8-sig", r"vocab\.txt has no line \[PAD\]; it begins with a byte order mark"),
    "UTF-16": ("utf-16", r"vocab\.txt is no UTF-8"),
    "UTF-16 without a mark": ("utf-16-le", r"vocab\.txt (has NUL characters|is no UTF-8)"),
    "Shift-JIS": ("cp932", r"vocab\.txt is no UTF-8"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_vocabularies_in_other_encodings(tmp_path, name):
    encoding, message = ENCODINGS[name]
    source = write_rows(tmp_path / "source", PIECES)
    (source / "vocab.txt").write_bytes("\n".join(PIECES).encode(encoding))
    for path in (source, source / "vocab.txt"):
        with pytest.raises(DataError, match=message):
            imported(path, tmp_path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n\n"])
def test_ends_of_lines(tmp_path, end):
    source = write_rows(tmp_path / "source", PIECES)
    (source / "vocab.txt").write_bytes(
        ("\n".join(PIECES).replace("\n", end[:2] if "\r" in end else "\n") + end).encode()
    )
    assert_as_the_reference(source, tmp_path, TEXTS)


def test_a_piece_too_long_for_tensorflow_is_named(tmp_path):
    source = write_rows(tmp_path / "source", [*PIECES, "あ" * 90])
    with pytest.raises(ConfigError, match=rf"piece {len(PIECES)} of the vocabulary, 'あ+'…, has 270 bytes, but"):
        imported(source, tmp_path)


def of_version_5(directory: Path, tokenizer_class: str, more: list[str]) -> Path:
    """What transformers 5 leaves: no vocab.txt, and tokens in a list."""
    write_rows(directory, PIECES)
    AutoTokenizer.from_pretrained(directory).save_pretrained(directory)
    (directory / "vocab.txt").unlink()
    (directory / "special_tokens_map.json").unlink()
    names = {f"{role}_token": f"[{role.upper()}]" for role in ("cls", "sep", "pad", "unk", "mask")}
    config = {"backend": "tokenizers", "is_local": True, "tokenizer_class": tokenizer_class, "do_lower_case": True}
    (directory / "tokenizer_config.json").write_text(json.dumps({**config, **names, "extra_special_tokens": more}))
    return directory


@pytest.mark.parametrize("key", ["vocab_file", "tokenizer_file"])
def test_a_path_to_another_file_is_passed_over(tmp_path, key):
    other = write_rows(tmp_path / "other", [*SPECIAL, "密"]) / "vocab.txt"
    source = write_rows(tmp_path / "source", PIECES, **{key: str(other)})
    assert TextGraph.load(imported(source, tmp_path)).pieces == PIECES


def test_transformers_5_with_null_for_more_tokens(tmp_path):
    source = of_version_5(tmp_path / "source", "TokenizersBackend", ["<turn>"])
    config = source / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "additional_special_tokens": None}))
    assert TextGraph.load(imported(source, tmp_path)).pieces == [*PIECES, "<turn>"]


@pytest.mark.parametrize("name", ["BertTokenizer", "TokenizersBackend", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("more", [[], ["[wifi]", "<turn>"]])
def test_what_transformers_5_saved(tmp_path, name, more):
    source = of_version_5(tmp_path / "source", name, more)
    write_rows(tmp_path / "before", PIECES)
    texts = [*TEXTS, "the [wifi] <turn>"]
    expected = hugging_face_encode(BertTokenizerFast(str(tmp_path / "before" / "vocab.txt")))
    assert_equal_ids(texts, graph_encode(imported(source, tmp_path)), expected)
    assert TextGraph.load(tmp_path / "imported").pieces[len(PIECES) :] == more


def test_a_sentencepiece_family_that_transformers_5_saved_without_its_model(tmp_path, family):
    source = family("xlm-roberta").directory.parent / "xlm-roberta-source"
    AutoTokenizer.from_pretrained(source).save_pretrained(tmp_path / "source")
    for path in (tmp_path / "source").glob("*.model"):
        path.unlink()
    config = tmp_path / "source" / "tokenizer_config.json"
    about = {"tokenizer_class": "XLMRobertaTokenizer", "backend": "tokenizers", "extra_special_tokens": []}
    config.write_text(json.dumps(about))
    with pytest.raises(ConfigError, match=r"made of Unigram.* without its \.model file"):
        imported(tmp_path / "source", tmp_path)
