"""A tokenizer directory whose every id can be told by hand."""

from pathlib import Path

import pytest
from transformers import BertTokenizerFast

from components.text_transform.config import TextConfig
from components.tokenizer.directory import write_wordpiece

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "cat",
    "##s",
    "sat",
    "猫",
    "か",
    "##ん",
    "0",
    ".",
    "[",
    "]",
    "mask",
]


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    path.write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def write(vocabulary, tmp_path_factory):
    """Writes a directory with the given text options."""

    def write(**text) -> Path:
        directory = tmp_path_factory.mktemp("tokenizer")
        write_wordpiece(directory, BertTokenizerFast(vocab_file=str(vocabulary)), TextConfig(**text))
        return directory

    return write


@pytest.fixture(scope="session")
def plain(write) -> Path:
    """Without cleaning or stop words."""
    return write()
