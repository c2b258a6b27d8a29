import io

import pytest
import sentencepiece

from components.errors import ConfigError
from components.tokenizer.sentencepiece_layout import plain_layout
from components.tokenizer.train_sentencepiece import SPECIALS, train_sentencepiece
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.test_train_sentencepiece import config


def model_of_somebody_else(**options) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        **{"vocab_size": 400, "hard_vocab_limit": False, "minloglevel": 2, "num_threads": 1, **options},
    )
    return model.getvalue()


def test_our_own_order_is_kept():
    model = train_sentencepiece(TEXTS, config())
    layout = plain_layout(model)
    assert (layout.model, layout.special, len(layout.ids)) == (model, SPECIALS, 0)
    assert all(layout.is_reserved(index) for index in range(5)) and not layout.is_reserved(5)


def test_missing_special_tokens_come_first():
    model = model_of_somebody_else()  # <unk> <s> </s>, and then the pieces
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    layout = plain_layout(model)
    assert tuple(layout.pieces[:5]) == SPECIALS
    assert layout.ids[:3].tolist() == [1, 1, 1]
    assert all(layout.pieces[layout.ids[index]] == processor.id_to_piece(index) for index in range(3, len(layout.ids)))
    assert sorted(layout.ids[3:].tolist()) == list(range(5, len(layout.pieces)))


def test_what_is_no_model():
    with pytest.raises(ConfigError, match="no SentencePiece model"):
        plain_layout(b"something else")
