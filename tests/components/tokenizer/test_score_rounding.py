import random

import sentencepiece
import tensorflow as tf
import tensorflow_text as tf_text

from components.tokenizer.score_rounding import GRID, round_scores
from components.tokenizer.train_sentencepiece import train_sentencepiece
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.test_train_sentencepiece import config


def unrounded(monkeypatch) -> bytes:
    monkeypatch.setattr("components.tokenizer.train_sentencepiece.round_scores", lambda model: model)
    return train_sentencepiece(TEXTS, config())


def test_scores_move_by_half_a_step_at_most_and_the_rest_stays(monkeypatch):
    before = unrounded(monkeypatch)
    after = round_scores(before)
    old, new = (sentencepiece.SentencePieceProcessor(model_proto=model) for model in (before, after))
    ids = range(old.get_piece_size())
    assert [new.id_to_piece(index) for index in ids] == [old.id_to_piece(index) for index in ids]
    assert all(abs(new.get_score(index) - old.get_score(index)) <= 0.5 / GRID for index in ids)
    assert all((new.get_score(index) * GRID).is_integer() for index in ids)
    assert not all((old.get_score(index) * GRID).is_integer() for index in ids)
    assert len(after) == len(before) and round_scores(after) == after


def test_ties_are_broken_alike_by_every_version(monkeypatch):
    model = round_scores(unrounded(monkeypatch))
    rng = random.Random(5)
    parts = ["。", "、", "が", "た。", "…", "......", "the", "a", " ", "00", "0", "した", "1"]
    texts = ["".join(rng.choices(parts, k=rng.randint(1, 25))) for _ in range(3000)]
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    tokenizer = tf_text.SentencepieceTokenizer(model, out_type=tf.int32)
    assert tokenizer.tokenize(texts).to_list() == processor.encode(texts)
