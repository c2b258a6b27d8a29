"""Tokenizer directories of every kind, made once for all tests of this folder."""

from pathlib import Path

import pytest

from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.training import train_tokenizer
from tests.components.tokenizer.corpus import ROWS

WORDPIECE = {
    "uncased": {},
    "cased": {"lowercase": False},
    "uncased-accents": {"strip_accents": False},
    "cased-unsplit": {"lowercase": False, "cjk_splitting": False},
}
SENTENCEPIECE = {
    "unigram": {},
    "bpe": {"model_type": "bpe"},
    "bytes": {"byte_fallback": True, "vocab_size": 700},
    "identity": {"normalization": "identity"},
    "casefold": {"normalization": "nmt_nfkc_cf"},
}


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> dict[str, Path]:
    """Directory by name."""
    root = tmp_path_factory.mktemp("tokenizers")
    for kind, variants in (("wordpiece", WORDPIECE), ("sentencepiece", SENTENCEPIECE)):
        for name, options in variants.items():
            config = TokenizerConfig(kind=kind, **{"vocab_size": 500, **options})
            train_tokenizer(ROWS, root / name, config, TextConfig())
    return {path.name: path for path in root.iterdir()}
