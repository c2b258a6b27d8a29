"""Writes tokenizer directories: what ``AutoTokenizer.from_pretrained`` loads, and the text graph beside it."""

import json
from pathlib import Path
from typing import Any

from transformers import AddedToken, PreTrainedTokenizerFast

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.spec import GraphSpec, write_spec
from components.text_transform.wordpiece_tables import wordpiece_tables
from components.tokenizer.directory_parts import as_array, make_spec, slow_config, text_options, write_files
from components.tokenizer.sentencepiece_layout import (
    BERT_ROLES,
    SentencePieceLayout,
    check_added,
    no_token,
    pieces_by_id,
)
from components.tokenizer.sentencepiece_model import load
from components.tokenizer.support import KEY, unsupported

_CONTINUATION = "##"
_NEEDED = ("pad", "unk", "cls", "sep")
_FIXED_BY_BARTPHO = 4


def write_wordpiece(directory: str | Path, tokenizer: PreTrainedTokenizerFast, text: TextConfig) -> None:
    """Writes a WordPiece tokenizer.

    Args:
        directory: Where to write; made if it is not there.
        tokenizer: Any of transformers' fast tokenizers of the BERT kind.
        text: Cleaning and stop words.

    Raises:
        ConfigError: If the tokenizer is not of that kind, lacks a special token, or has words that were added to it.
    """
    pieces = pieces_by_id(tokenizer.get_vocab())  # before all else: far ids take the library long to write, or fail
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    normalizer = _bert_normalizer(type(tokenizer).__name__, backend)
    model = backend["model"]
    check_added(tokenizer)
    unknown = _unknown(tokenizer, model)
    ids = _special_ids(tokenizer)
    max_word_characters = model["max_input_chars_per_word"]
    tables = wordpiece_tables(
        # Special tokens that are no pieces of the model have ids, but no text becomes them.
        pieces_by_id(model["vocab"], len(pieces)),
        unknown,
        lowercase=normalizer["lowercase"],
        strip_accents=normalizer["strip_accents"],
        cjk_splitting=normalizer["handle_chinese_chars"],
        max_word_characters=max_word_characters,
    )
    spec = make_spec("wordpiece", pieces, ids, text, max_word_characters=max_word_characters)
    Path(directory).mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(str(directory))
    write_spec(directory, spec, tables)


def write_sentencepiece(directory: str | Path, layout: SentencePieceLayout, text: TextConfig) -> None:
    """Writes a tokenizer that gives text to SentencePiece as it is, with ``[CLS]`` and ``[SEP]`` around the ids.

    Its class is ``BartphoTokenizer``, whatever model it is of. ``AutoTokenizer`` prefers fast tokenizers, whose own
    normalization and segmentation give other ids than SentencePiece (half-width kana, runs of a character, ties), so
    the class must be one that has no fast version. This one takes ids from a list of lines, except for the first four,
    which it fixes to special tokens. A piece that has one of them, or does not fit a line, is made an added token, and
    then the directory says that added tokens are not searched for in texts (``split_special_tokens``): ``[MASK]`` in a
    text is found with ``split_special_tokens=False`` only, and decoding leaves the mark of a space in such a piece.

    A special token in a text none of whose characters the model knows becomes that token nevertheless, as with all slow
    tokenizers of transformers; the text graph gives the unknown token.

    Args:
        directory: Where to write; made if it is not there.
        layout: The model, and which id each piece has.
        text: Cleaning and stop words.
    """
    lines, others = _bartpho_lines(layout)
    added = {index: AddedToken(layout.pieces[index], normalized=False) for index in others}
    files = {
        "sentencepiece.bpe.model": layout.model,
        "dict.txt": "".join(f"{line}\n" for line in lines).encode(),
        "tokenizer_config.json": slow_config(
            "BartphoTokenizer",
            layout,
            added,
            bos_token=layout.special["cls"].content,
            eos_token=layout.special["sep"].content,
            **({"split_special_tokens": True} if added else {}),
        ),
    }
    spec = make_spec("sentencepiece", layout.pieces, layout.special_ids, text)
    write_files(directory, files, spec, {"model": as_array(layout.model), "ids": layout.ids})


def write_text_options(directory: str | Path, spec: GraphSpec, tables: dict[str, Any], text: TextConfig) -> None:
    """Writes the text graph of a directory again, with other cleaning and stop words.

    Args:
        directory: A tokenizer directory.
        spec: Its present text graph.
        tables: The arrays of it.
        text: The cleaning and stop words to write.
    """
    write_spec(directory, spec.model_copy(update=text_options(text)), tables)


def _bert_normalizer(name: str, backend: dict[str, Any]) -> dict[str, Any]:
    found = [backend[part] and backend[part]["type"] for part in ("model", "normalizer", "pre_tokenizer")]
    if found == ["WordPiece", "BertNormalizer", "BertPreTokenizer"]:
        if not backend["normalizer"]["clean_text"]:
            raise unsupported(f"{name} that does not clean text (clean_text is false)")
        if (prefix := backend["model"]["continuing_subword_prefix"]) != _CONTINUATION:
            raise unsupported(f"{name} whose pieces go on with {prefix!r} instead of {_CONTINUATION!r}")
        return backend["normalizer"]
    lacking = " without its .model file" if found[0] == "Unigram" else ""
    raise unsupported(f"{name} made of {', '.join(map(str, found))}{lacking}")


def _special_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    ids = {role: getattr(tokenizer, f"{role}_token_id") for role in BERT_ROLES}
    for role in _NEEDED:
        if ids[role] is None:
            raise no_token(role)
    for text in ("", "a b"):
        expected = [ids["cls"], *tokenizer(text, add_special_tokens=False)["input_ids"], ids["sep"]]
        if (found := tokenizer(text)["input_ids"]) != expected:
            about = f"the text {text!r}" if text else "an empty text"
            raise unsupported(
                f"{type(tokenizer).__name__} that makes {found} of {about}, not {expected} (see post_processor in "
                "tokenizer.json)"
            )
    return {role: index for role, index in ids.items() if index is not None}


def _unknown(tokenizer: PreTrainedTokenizerFast, model: dict[str, Any]) -> str:
    """The piece of words that cannot be spelled."""
    unknown: str = model["unk_token"]
    index = model["vocab"].get(unknown)
    if index is None or index != tokenizer.unk_token_id:
        found = "no id in model.vocab" if index is None else f"id {index}"
        raise ConfigError(
            KEY,
            f"unknown words get {unknown!r} (model.unk_token in tokenizer.json), which has {found}, but unk_token in "
            f"tokenizer_config.json has id {tokenizer.unk_token_id}: take the files that came with the model",
        )
    return unknown


def _bartpho_lines(layout: SentencePieceLayout) -> tuple[list[str], list[int]]:
    """Lists the pieces after the first four, and the ids of those that texts can have but no line can."""
    processor = load(layout.model)
    elsewhere = {token.content for token in layout.special.values()} - {layout.special["mask"].content}
    lines, others = [], []
    for index, piece in enumerate(layout.pieces):
        own = processor.piece_to_id(piece)
        fits = piece and piece not in elsewhere and not any(map(str.isspace, piece))
        if index >= _FIXED_BY_BARTPHO:
            lines.append(piece if fits else f"[unused-id-{index}]")
        if (index < _FIXED_BY_BARTPHO or not fits) and not processor.is_control(own) and not processor.is_unknown(own):
            others.append(index)
    return lines, others
