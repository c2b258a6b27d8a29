import pytest
import sentencepiece

from components.errors import ConfigError
from components.tokenizer.sentencepiece_layout import pieces_by_id, plain_layout
from components.tokenizer.train_sentencepiece import SPECIALS, train_sentencepiece
from tests.components.tokenizer import families
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.test_train_sentencepiece import config


def test_our_own_order_is_kept():
    model = train_sentencepiece(TEXTS, config())
    layout = plain_layout(model)
    assert (layout.model, len(layout.ids), tuple(layout.pieces[:5])) == (model, 0, SPECIALS)
    assert layout.special_ids == {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}


@pytest.mark.parametrize(
    "options, added, special",
    [
        ({}, ["<pad>", "[MASK]"], {"unk": "<unk>", "cls": "<s>", "sep": "</s>"}),
        ({"bos_id": -1, "eos_id": -1}, ["<pad>", "[CLS]", "[SEP]", "[MASK]"], {"unk": "<unk>"}),
        ({"control_symbols": ["<mask>"]}, ["<pad>"], {"cls": "<s>", "mask": "<mask>"}),
        (
            {"control_symbols": ["[CLS]", "[SEP]", "[PAD]"]},
            ["[MASK]"],
            {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]"},
        ),
        (families.DEBERTA, ["[MASK]"], {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}),
    ],
)
def test_the_ids_of_a_model_stay_and_missing_special_tokens_come_last(options, added, special):
    model = families.train(**options)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    own = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    layout = plain_layout(model)
    assert layout.pieces == own + added and len(layout.ids) == 0
    assert {role: layout.special[role].content for role in special} == special
    assert {role: layout.pieces[index] for role, index in layout.special_ids.items()} == {
        role: token.content for role, token in layout.special.items()
    }


def test_what_is_no_model():
    with pytest.raises(ConfigError, match="no SentencePiece model"):
        plain_layout(b"something else")


def test_an_id_without_a_piece():
    assert pieces_by_id({"b": 2, "a": 0}) == ["a", "[unused id 1]", "b"]
