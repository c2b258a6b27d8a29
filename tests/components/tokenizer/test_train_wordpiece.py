import subprocess
import sys

import pytest

from components.errors import DataError
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.train_wordpiece import SPECIALS, train_wordpiece
from tests.components.tokenizer.corpus import ENGLISH, JAPANESE, TEXTS


def test_special_tokens_first_then_what_the_corpus_has():
    pieces = train_wordpiece(["Low lower lowest low", "ロー 低い"], TokenizerConfig(vocab_size=60))
    assert tuple(pieces[:5]) == SPECIALS
    assert {"low", "低", "##い", "ロ"} <= set(pieces)
    assert len(pieces) == len(set(pieces))


@pytest.mark.parametrize("size", [50, 200, 400])
def test_never_more_than_asked_for(size):
    assert len(train_wordpiece(TEXTS, TokenizerConfig(vocab_size=size))) == size


def test_frequent_characters_are_kept_when_not_all_fit():
    pieces = train_wordpiece(["ab ab ab ab cd"], TokenizerConfig(vocab_size=5 + 8))
    assert pieces[:9] == [*SPECIALS, "##a", "##b", "a", "b"]


def test_case_and_accents():
    uncased = train_wordpiece(ENGLISH, TokenizerConfig(vocab_size=300))
    cased = train_wordpiece(ENGLISH, TokenizerConfig(vocab_size=300, lowercase=False))
    assert not any(piece[0].isupper() for piece in uncased)
    assert "##é" in cased and "##é" not in uncased and "T" in cased


def test_chinese_characters_stay_alone_or_join():
    alone = train_wordpiece(JAPANESE, TokenizerConfig(vocab_size=600))
    joined = train_wordpiece(JAPANESE * 3, TokenizerConfig(vocab_size=900, cjk_splitting=False))
    assert "##前" not in alone
    assert "##前" in joined


def test_another_process_trains_the_same():
    code = (
        "from components.tokenizer.config import TokenizerConfig as C;"
        "from components.tokenizer.train_wordpiece import train_wordpiece as t;"
        "from tests.components.tokenizer.corpus import TEXTS;"
        "print('\\n'.join(t(TEXTS, C(vocab_size=400))))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == train_wordpiece(TEXTS, TokenizerConfig(vocab_size=400))


@pytest.mark.parametrize("texts", [[], ["", " \n"]])
def test_no_words(texts):
    with pytest.raises(DataError, match="holds no word"):
        train_wordpiece(texts, TokenizerConfig())
