"""Writes tokenizer directories: what ``AutoTokenizer.from_pretrained`` loads, and the text graph beside it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.spec import GraphSpec, write_spec
from components.text_transform.stop_words import resolve_stop_words
from components.text_transform.wordpiece_tables import wordpiece_tables
from components.tokenizer.sentencepiece_layout import SentencePieceLayout

_ROLES = ("pad", "unk", "cls", "sep", "mask")
_FIXED_BY_CLASS = 4


def write_wordpiece(directory: str | Path, tokenizer: PreTrainedTokenizerFast, text: TextConfig) -> None:
    """Writes a WordPiece tokenizer.

    Args:
        directory: Where to write; made if it is not there.
        tokenizer: Any of transformers' fast tokenizers of the BERT kind.
        text: Cleaning and stop words.

    Raises:
        ConfigError: If the tokenizer is not of that kind, or lacks a special token.
    """
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    normalizer = _bert_normalizer(backend)
    pieces = _by_id(tokenizer.get_vocab())
    max_word_characters = backend["model"]["max_input_chars_per_word"]
    tables = wordpiece_tables(
        pieces,
        backend["model"]["unk_token"],
        lowercase=normalizer["lowercase"],
        strip_accents=normalizer["strip_accents"],
        cjk_splitting=normalizer["handle_chinese_chars"],
        max_word_characters=max_word_characters,
    )
    spec = _spec("wordpiece", pieces, _special_ids(tokenizer), text, max_word_characters=max_word_characters)
    Path(directory).mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(directory))
    write_spec(directory, spec, tables)


def write_sentencepiece(directory: str | Path, layout: SentencePieceLayout, text: TextConfig) -> None:
    """Writes a SentencePiece tokenizer.

    The class that transformers is told to load is ``BartphoTokenizer``, whatever the model is used for: of all classes
    with a model file it alone calls SentencePiece itself on the unchanged text, puts ``[CLS]`` and ``[SEP]`` around it,
    takes ids from a list, and has no fast version. ``AutoTokenizer`` prefers fast versions, whose own normalization and
    segmentation give other ids than SentencePiece (half-width kana, runs of a character, ties); the other slow ones
    rewrite digits, quotes or white space.

    Args:
        directory: Where to write; made if it is not there.
        layout: The model, and which id each piece has.
        text: Cleaning and stop words.

    Raises:
        ConfigError: If a piece of text has one of the first four ids, which that class keeps for special tokens.
    """
    special = dict(zip(_ROLES, layout.special, strict=True))
    ids = {role: layout.pieces.index(token) for role, token in special.items()}
    if not all(map(layout.is_reserved, range(_FIXED_BY_CLASS))):
        raise ConfigError("tokenizer.source", f"a piece of text has one of the first {_FIXED_BY_CLASS} ids")
    spec = _spec("sentencepiece", layout.pieces, ids, text)
    path = Path(directory)
    path.mkdir(parents=True, exist_ok=True)
    (path / "sentencepiece.bpe.model").write_bytes(layout.model)
    (path / "dict.txt").write_text(_bartpho_lines(layout.pieces, layout.special), encoding="utf-8")
    (path / "tokenizer_config.json").write_text(_bartpho_config(special, ids), encoding="utf-8")
    write_spec(directory, spec, {"model": np.frombuffer(layout.model, np.uint8), "ids": layout.ids})


def write_text_options(directory: str | Path, spec: GraphSpec, tables: dict[str, Any], text: TextConfig) -> None:
    """Writes the text graph of a directory again, with other cleaning and stop words.

    Args:
        directory: A tokenizer directory.
        spec: Its present text graph.
        tables: The arrays of it.
        text: The cleaning and stop words to write.
    """
    write_spec(directory, spec.model_copy(update=_text_options(text)), tables)


def _spec(kind: str, pieces: Sequence[str], ids: dict[str, int], text: TextConfig, **options: int) -> GraphSpec:
    named = {f"{role}_id": ids[role] for role in _ROLES}
    return GraphSpec.model_validate({"kind": kind, "pieces": pieces, **named, **_text_options(text), **options})


def _text_options(text: TextConfig) -> dict[str, Any]:
    return {
        "cleaning": text.cleaning,
        "stop_words": resolve_stop_words(text.stop_words, text.nltk_english),
        "unknown_marker": text.unknown_marker,
    }


def _bert_normalizer(backend: dict[str, Any]) -> dict[str, Any]:
    found = [backend[part] and backend[part]["type"] for part in ("model", "normalizer", "pre_tokenizer")]
    if found != ["WordPiece", "BertNormalizer", "BertPreTokenizer"] or not backend["normalizer"]["clean_text"]:
        raise ConfigError(
            "tokenizer.source",
            f"the tokenizer is made of {', '.join(map(str, found))}; supported are WordPiece as in BERT, DistilBERT, "
            "ELECTRA and MiniLM, and SentencePiece as in DeBERTa-v2/v3, XLM-R and BigBird, or as a bare .model file. "
            "Byte-level BPE (RoBERTa, GPT-2) is not",
        )
    return backend["normalizer"]


def _by_id(vocabulary: dict[str, int]) -> list[str]:
    # An id has no piece if the vocabulary file had one twice: its last id counts.
    by_id = {index: piece for piece, index in vocabulary.items()}
    return [by_id.get(index, f"[unused id {index}]") for index in range(max(by_id) + 1)]


def _special_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    ids = {role: getattr(tokenizer, f"{role}_token_id") for role in _ROLES}
    missing = [role for role, index in ids.items() if index is None]
    if missing:
        raise ConfigError("tokenizer.source", f"the tokenizer has no {missing[0]} token")
    return ids


def _bartpho_lines(pieces: Sequence[str], special: Sequence[str]) -> str:
    """Lists the pieces after the first four; what has its id from elsewhere, or does not fit a line, takes one up."""
    *from_config, _ = special
    lines = []
    for index, piece in enumerate(pieces[_FIXED_BY_CLASS:], _FIXED_BY_CLASS):
        fits = piece and piece not in from_config and not any(map(str.isspace, piece))
        lines.append(piece if fits else f"[unused-id-{index}]")
    return "".join(f"{line}\n" for line in lines)


def _bartpho_config(special: dict[str, str], ids: dict[str, int]) -> str:
    flags = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}
    config = {
        "tokenizer_class": "BartphoTokenizer",
        "bos_token": special["cls"],
        "eos_token": special["sep"],
        **{f"{role}_token": special[role] for role in _ROLES},
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {str(ids[role]): {"content": special[role], **flags} for role in _ROLES},
    }
    return json.dumps(config, indent=1, ensure_ascii=False)
