"""Which texts are kept, and what is read again."""

from pathlib import Path

import numpy as np

from components.expected_answers import read_expected, spread_texts, write_expected


def test_texts_of_spread_lengths() -> None:
    texts = [b"x" * length for length in (9, 1, 5, 3, 7, 5)]
    assert spread_texts(texts, 3) == [b"x", b"xxxxx", b"x" * 9]
    assert spread_texts(texts, 1) == [b"xxxxx"]
    assert spread_texts(texts, 0) == []
    assert len(spread_texts(texts, 50)) == 5
    assert spread_texts([], 3) == []


def test_any_bytes_come_back(tmp_path: Path) -> None:
    write_expected(tmp_path, [b"\xff\x00", "京都".encode()], np.array([[0.25, 0.75], [1, 0]]))
    assert read_expected(tmp_path) == {"texts": ["/wA=", "5Lqs6YO9"], "probabilities": [[0.25, 0.75], [1, 0]]}


def test_a_model_without_any(tmp_path: Path) -> None:
    assert read_expected(tmp_path) == {"texts": [], "probabilities": []}
