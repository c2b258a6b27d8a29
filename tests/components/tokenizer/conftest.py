"""Tokenizer directories of every kind, made once for all tests of this folder."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from transformers import BertTokenizerFast

from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from tests.components.tokenizer import families
from tests.components.tokenizer.corpus import ROWS
from tests.components.tokenizer.parity import (
    Encode,
    auto_encode,
    graph_encode,
    hugging_face_encode,
    sentencepiece_encode,
    slow_encode,
)

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
IMPORTED_WORDPIECE = {
    "distil-bert": ("cased", families.distil_bert),
    "electra": ("uncased", families.electra),
    "mini-lm": ("uncased", families.mini_lm),
}
BARE = {
    "bare": {},  # <unk> <s> </s> and then pieces
    "bare-brackets": {"bos_id": -1, "eos_id": -1, "control_symbols": ["[CLS]", "[SEP]", "[MASK]"]},
}
BARE_ENDS = (1, 2)
FAMILIES = [*WORDPIECE, *SENTENCEPIECE, *IMPORTED_WORDPIECE, *families.SENTENCEPIECE, *BARE]


@dataclass(frozen=True)
class Tokenizers:
    """One family: our directory, and the encoders that must agree."""

    directory: Path
    graph: Encode
    auto: Encode
    reference: Encode


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> dict[str, Path]:
    """Directory by name."""
    root = tmp_path_factory.mktemp("tokenizers")
    for kind, variants in (("wordpiece", WORDPIECE), ("sentencepiece", SENTENCEPIECE)):
        for name, options in variants.items():
            config = TokenizerConfig(kind=kind, **{"vocab_size": 500, **options})
            train_tokenizer(ROWS, root / name, config, TextConfig())
    return {path.name: path for path in root.iterdir()}


@pytest.fixture(scope="session")
def family(trained, tmp_path_factory) -> Callable[[str], Tokenizers]:
    """Makes the tokenizers of a family, once."""
    root = tmp_path_factory.mktemp("families")

    @functools.cache
    def make(name: str) -> Tokenizers:
        if name in trained:
            directory, reference = trained[name], _trained_reference(name, trained[name])
        else:
            source, directory = root / f"{name}-source", root / name
            source.mkdir()
            if name in BARE:
                source /= "spm.model"
                source.write_bytes(families.train(**BARE[name]))
                reference = sentencepiece_encode(source.read_bytes(), *BARE_ENDS)
            elif name in IMPORTED_WORDPIECE:
                vocabulary, write = IMPORTED_WORDPIECE[name]
                write(trained[vocabulary] / "vocab.txt")(source)
                reference = auto_encode(source)
            else:
                families.SENTENCEPIECE[name](source)
                reference = slow_encode(source)
            import_tokenizer(source, directory, TokenizerConfig(kind="import"), TextConfig())
        return Tokenizers(directory, graph_encode(directory), auto_encode(directory), reference)

    return make


def _trained_reference(name: str, directory: Path) -> Encode:
    if name in SENTENCEPIECE:
        return sentencepiece_encode((directory / "sentencepiece.bpe.model").read_bytes())
    options = WORDPIECE[name]
    tokenizer = BertTokenizerFast(
        str(directory / "vocab.txt"),
        do_lower_case=options.get("lowercase", True),
        strip_accents=options.get("strip_accents"),
        tokenize_chinese_chars=options.get("cjk_splitting", True),
    )
    return hugging_face_encode(tokenizer)
