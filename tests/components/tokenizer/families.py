"""Tokenizers of other people's models, written as transformers writes them."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import sentencepiece
from transformers import (
    AlbertTokenizer,
    BigBirdTokenizer,
    DebertaV2Tokenizer,
    DistilBertTokenizerFast,
    ElectraTokenizerFast,
    T5Tokenizer,
    XLMRobertaTokenizer,
)

from tests.components.tokenizer.corpus import TEXTS

Write = Callable[[Path], None]
"""Writes a tokenizer into an empty directory."""

ALBERT = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": ["[CLS]", "[SEP]", "[MASK]"]}
T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
DEBERTA = {
    "pad_id": 0,
    "bos_id": 1,
    "eos_id": 2,
    "unk_id": 3,
    "pad_piece": "[PAD]",
    "bos_piece": "[CLS]",
    "eos_piece": "[SEP]",
    "unk_piece": "[UNK]",
}
BIG_BIRD = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "control_symbols": ["[CLS]", "[SEP]", "[MASK]"]}
BYTES = {"byte_fallback": True, "vocab_size": 700}
"""Spells every character, so that no difference hides behind the unknown token."""
IDENTITY = {"normalization_rule_name": "identity"}


def train(texts: list[str] | None = None, **options) -> bytes:
    """A small SentencePiece model; without options its first pieces are ``<unk> <s> </s>``."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts or [*TEXTS, *NUMBERS]),
        model_writer=model,
        **{"vocab_size": 450, "hard_vocab_limit": False, "minloglevel": 2, "num_threads": 1, **options},
    )
    return model.getvalue()


NUMBERS = [f"{n}, {n},{n} and {n}9, {n * 7}," for n in range(40)]
"""Give pieces such as ``▁9,``, which ALBERT splits."""


def albert(model: dict, **options) -> Write:
    def write(directory: Path) -> None:
        (directory / "spiece.model").write_bytes(train(**ALBERT, **model))
        AlbertTokenizer(str(directory / "spiece.model"), **options).save_pretrained(directory)

    return write


def t5(model: dict, **options) -> Write:
    def write(directory: Path) -> None:
        (directory / "spiece.model").write_bytes(train(**T5, **model))
        T5Tokenizer(str(directory / "spiece.model"), extra_ids=10, **options).save_pretrained(directory)

    return write


def deberta(directory: Path) -> None:
    (directory / "spm.model").write_bytes(train(**DEBERTA))
    DebertaV2Tokenizer(str(directory / "spm.model")).save_pretrained(directory)


def xlm_roberta(directory: Path) -> None:
    (directory / "sentencepiece.bpe.model").write_bytes(train())
    XLMRobertaTokenizer(str(directory / "sentencepiece.bpe.model")).save_pretrained(directory)


def big_bird(directory: Path) -> None:
    (directory / "spiece.model").write_bytes(train(**BIG_BIRD))
    BigBirdTokenizer(str(directory / "spiece.model")).save_pretrained(directory)


def distil_bert(vocabulary: Path) -> Write:
    def write(directory: Path) -> None:
        DistilBertTokenizerFast(str(vocabulary), do_lower_case=False).save_pretrained(directory)

    return write


def electra(vocabulary: Path) -> Write:
    def write(directory: Path) -> None:
        ElectraTokenizerFast(str(vocabulary), do_lower_case=True).save_pretrained(directory)
        (directory / "tokenizer.json").unlink()

    return write


def mini_lm(vocabulary: Path) -> Write:
    """Nothing but the vocabulary and a model's configuration."""

    def write(directory: Path) -> None:
        shutil.copyfile(vocabulary, directory / "vocab.txt")
        (directory / "config.json").write_text(json.dumps({"model_type": "bert"}))

    return write


SENTENCEPIECE: dict[str, Write] = {
    "deberta": deberta,
    "xlm-roberta": xlm_roberta,
    "big-bird": big_bird,
    "albert": albert(BYTES),
    "albert-bpe": albert({**BYTES, **IDENTITY, "model_type": "bpe"}),
    "albert-accents": albert(IDENTITY, keep_accents=True),
    "albert-cased": albert({**BYTES, **IDENTITY}, do_lower_case=False),
    "albert-cased-accents": albert({}, do_lower_case=False, keep_accents=True),
    "albert-spaces": albert({}, do_lower_case=False, keep_accents=True, remove_space=False),
    "t5": t5({}, legacy=True),
    "t5-bytes": t5(BYTES, legacy=True),
    "t5-new": t5({}, legacy=False),
    "t5-new-identity": t5(IDENTITY, legacy=False),
}
"""Families that the slow tokenizers of transformers are the reference of."""
