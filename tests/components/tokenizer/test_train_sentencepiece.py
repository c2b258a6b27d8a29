import pytest
import sentencepiece

from components.errors import ConfigError, DataError
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.train_sentencepiece import SPECIALS, train_sentencepiece
from tests.components.tokenizer.corpus import TEXTS


def config(**options) -> TokenizerConfig:
    return TokenizerConfig(kind="sentencepiece", **{"vocab_size": 500, **options})


def load(model: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=model)


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_special_ids_and_size(model_type):
    processor = load(train_sentencepiece(TEXTS, config(model_type=model_type, vocab_size=350)))
    assert tuple(processor.id_to_piece(list(range(5)))) == SPECIALS
    assert processor.get_piece_size() == 350
    assert (processor.bos_id(), processor.eos_id(), processor.pad_id(), processor.unk_id()) == (-1, -1, 0, 1)
    assert processor.decode(processor.encode("駅前のパン屋は朝")) == "駅前のパン屋は朝"


def test_the_same_texts_give_the_same_model():
    assert train_sentencepiece(TEXTS, config()) == train_sentencepiece(TEXTS, config())


@pytest.mark.parametrize(
    "normalization, text", [("nmt_nfkc", "ガ1 A"), ("identity", "ｶﾞ① Ａ"), ("nmt_nfkc_cf", "ガ1 a")]
)
def test_normalization(normalization, text):
    processor = load(train_sentencepiece(TEXTS, config(byte_fallback=True, normalization=normalization)))
    assert processor.decode(processor.encode("ｶﾞ① Ａ")) == text


def test_byte_fallback_knows_every_character():
    plain, fallback = (
        load(train_sentencepiece(TEXTS, config())),
        load(train_sentencepiece(TEXTS, config(byte_fallback=True))),
    )
    assert plain.unk_id() in plain.encode("鱈")
    assert fallback.unk_id() not in fallback.encode("鱈")
    assert fallback.decode(fallback.encode("鱈")) == "鱈"


def test_no_piece_holds_white_space_but_the_marked_space():
    texts = ["ア　イ\tウ\u00a0エ ア　イ\tウ"] * 20
    processor = load(
        train_sentencepiece(texts, config(normalization="identity", vocab_size=20, character_coverage=1.0))
    )
    pieces = [processor.id_to_piece(index) for index in range(5, processor.get_piece_size())]
    assert not any(character.isspace() for piece in pieces for character in piece)


def test_too_few_pieces():
    with pytest.raises(ConfigError, match=r"tokenizer\.vocab_size: 20 pieces are fewer than.*character_coverage"):
        train_sentencepiece(TEXTS, config(vocab_size=20))


def test_more_pieces_than_the_corpus_holds_are_left_away():
    assert load(train_sentencepiece(TEXTS, config(vocab_size=30_000))).get_piece_size() < 2_000


@pytest.mark.parametrize("texts", [[], [" ", "\0"]])
def test_no_text(texts):
    with pytest.raises(DataError, match="cannot be trained"):
        train_sentencepiece(texts, config())
