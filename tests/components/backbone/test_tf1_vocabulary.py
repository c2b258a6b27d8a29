"""Vocabularies of TF1 checkpoints: cased or not, and where the special tokens are."""

import pytest

from components.backbone import tf1_vocabulary
from components.errors import DataError
from tests.components.backbone import google_bert


@pytest.mark.parametrize(
    ("pieces", "lowercase"),
    [
        (["[PAD]", "[unused1]", "the", "##ing", "京", "が"], True),
        (["[PAD]", "the", "The"], False),
        (["[PAD]", "the", "##T"], False),
        (["[PAD]", "é", "É"], False),
        (["[PAD]", "ａ", "Ａ"], False),
        (["[PAD]", "ℝ", "##ℝ"], True),  # bert-base-uncased has these; they have no small letter
        (["[PAD]", "["], True),
    ],
)
def test_lower_case_is_known_from_the_pieces(pieces, lowercase):
    assert tf1_vocabulary.is_lowercase(pieces) is lowercase


@pytest.mark.data
def test_googles_own_vocabulary_is_lower_case(data_dir):
    lines = (data_dir / "vocab" / "bert-base-uncased-vocab.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 30522
    assert tf1_vocabulary.is_lowercase(lines)


@pytest.mark.data
def test_the_japanese_model_of_the_write_up(data_dir):
    vocabulary = tf1_vocabulary.read(data_dir / "vocab" / "wiki-ja.model", None)
    assert len(vocabulary.pieces) == 32000
    assert vocabulary.ids == {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}


def test_a_vocabulary_is_read_line_by_line(tmp_path):
    google_bert.write_vocabulary(tmp_path, [*google_bert.WORDPIECES, "\u2028", "", "End"])
    vocabulary = tf1_vocabulary.read(tmp_path / "vocab.txt", None)
    assert vocabulary.pieces == [*google_bert.WORDPIECES, "\u2028", "", "End"]
    assert vocabulary.lowercase is False
    assert vocabulary.ids == {"pad": 0, "unk": 2, "cls": 3, "sep": 4, "mask": 5}
    assert tf1_vocabulary.read(tmp_path / "vocab.txt", True).lowercase is True


def test_missing_special_tokens(tmp_path):
    google_bert.write_vocabulary(tmp_path, ["[PAD]", "[UNK]", "[CLS]", "京"])
    with pytest.raises(DataError, match=r"vocab.txt has no line \[SEP\], \[MASK\]: take the vocab.txt that came with"):
        tf1_vocabulary.read(tmp_path / "vocab.txt", None)


def test_no_utf8(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("京都".encode("euc-jp"))
    with pytest.raises(DataError, match=r"vocab.txt is no UTF-8 \("):
        tf1_vocabulary.read(tmp_path / "vocab.txt", None)


def test_padding_falls_to_an_unused_symbol(tmp_path):
    google_bert.write_sentencepiece(tmp_path / "spm.model", control_symbols=["[CLS]", "[SEP]", "[MASK]"])
    vocabulary = tf1_vocabulary.read(tmp_path / "spm.model", None)
    assert vocabulary.ids == {"unk": 0, "cls": 3, "sep": 4, "mask": 5, "pad": 1}
    assert vocabulary.tokens["pad"] == "<s>"


def test_a_model_without_a_mask(tmp_path):
    google_bert.write_sentencepiece(tmp_path / "spm.model", control_symbols=["[CLS]", "[SEP]"])
    with pytest.raises(DataError, match=r"spm.model has none of the pieces \[MASK\], <mask>, one of which BERT needs"):
        tf1_vocabulary.read(tmp_path / "spm.model", None)


def test_no_model(tmp_path):
    (tmp_path / "spm.model").write_bytes(b"version https://git-lfs")
    with pytest.raises(DataError, match=r"spm.model is no SentencePiece model \(.*\): take the file that came with"):
        tf1_vocabulary.read(tmp_path / "spm.model", None)
