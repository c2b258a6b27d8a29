"""Holds the ids of a tokenizer that was taken over against those of transformers, on texts made of its vocabulary.

What is taken over is known key by key. This finds what nobody thought of, and refuses it instead of being silently
wrong.
"""

from collections.abc import Sequence
from pathlib import Path

import sentencepiece
import tensorflow as tf
from sentencepiece import sentencepiece_model_pb2
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from components.errors import ConfigError, shortened
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.text_transform.spec import GraphSpec, read_spec
from components.tokenizer import probes
from components.tokenizer.directory_parts import text_options
from components.tokenizer.sentencepiece_layout import BERT_ROLES, T5_ROLES, check_added
from components.tokenizer.support import KEY, first_difference, unsupported

_MOST_IDS = 16  # in a message
_TIE = 1e-3  # of the scores of two segmentations
_Piece = sentencepiece_model_pb2.ModelProto.SentencePiece


def check_graph(directory: str | Path, tokenizer: PreTrainedTokenizerBase, source: Path) -> None:
    """Refuses a tokenizer whose text graph gives other ids than transformers.

    Two differences are known, and are let through: no text becomes a special token in the graph, and of two
    segmentations with the same score it may take the other.

    Args:
        directory: The directory that was written for the tokenizer.
        tokenizer: The reference.
        source: What it was made of, to name it.

    Raises:
        ConfigError: If ids or token types differ.
    """
    spec, tables = read_spec(directory)
    model = tables["model"].tobytes() if spec.kind != "wordpiece" else None
    graph = TextGraph(spec.model_copy(update=text_options(TextConfig())), tables)
    added = [token.content for token in tokenizer.added_tokens_decoder.values()]
    texts = probes.make(spec.pieces, {*added, *(_unusual(model) if model else [])})
    ours = graph.tokenize(tf.constant([text.encode() for text in texts])).to_list()
    theirs = _encode(tokenizer, texts)
    for text, graph_ids, ids in zip(texts, ours, theirs, strict=True):
        if graph_ids != ids and not (model and _is_known(text, spec, model, tokenizer, graph_ids, ids)):
            start = first_difference(ids, graph_ids)
            raise ConfigError(
                KEY,
                f"{source}: {type(tokenizer).__name__} gives {_shown(ids, start)} to the text {shortened(text)!r}, but "
                f"tfx-bert's text graph gives {_shown(graph_ids, start)}, so this tokenizer is not supported: take "
                "another, or the files that came with the model if these were edited",
            )


def check_fast(slow: PreTrainedTokenizerBase, fast: PreTrainedTokenizerFast, path: Path) -> None:
    """Refuses a ``tokenizer.json`` that says something else than the ``.model`` file beside it.

    A fast tokenizer segments otherwise than SentencePiece now and then, so it is refused only if half of the texts of
    a kind differ.

    Args:
        slow: The tokenizer of the ``.model`` file.
        fast: That of the ``tokenizer.json``.
        path: The ``tokenizer.json``.

    Raises:
        ConfigError: If it has added words, other special tokens, or other ids.
    """
    check_added(fast)
    for role in sorted({*BERT_ROLES, *T5_ROLES}):
        ids = [getattr(tokenizer, f"{role}_token_id") for tokenizer in (slow, fast)]
        if ids[0] != ids[1]:
            raise _contradiction(path, f"{role}_token has id {ids[1]}, but {ids[0]}")
    for texts in probes.PLAIN.values():
        pairs = list(zip(texts, _encode(slow, texts), _encode(fast, texts), strict=True))
        different = [pair for pair in pairs if pair[1] != pair[2]]
        if 2 * len(different) >= len(pairs):
            text, ids, fast_ids = different[0]
            start = first_difference(ids, fast_ids)
            raise _contradiction(path, f"{text!r} becomes {_shown(fast_ids, start)}, but {_shown(ids, start)}")


def _contradiction(path: Path, difference: str) -> ConfigError:
    return ConfigError(
        KEY,
        f"{path} contradicts the .model file beside it: by it, {difference} by the .model file: take both files from "
        "the same model, or remove the one that is not the model's",
    )


def _encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The ids of texts, in which special tokens are nothing special."""
    before = tokenizer.split_special_tokens
    tokenizer.split_special_tokens = True  # slow tokenizers do not look at the argument
    batch = tokenizer(list(texts), split_special_tokens=True, verbose=False)
    tokenizer.split_special_tokens = before
    for text, types in zip(texts, batch.get("token_type_ids", []), strict=False):
        if any(types):
            raise unsupported(
                f"{type(tokenizer).__name__} with token types other than 0 ({_shown(types)} for {text!r}; see "
                "post_processor in tokenizer.json)"
            )
    ids: list[list[int]] = batch["input_ids"]
    return ids


def _unusual(model: bytes) -> list[str]:
    """Pieces of a SentencePiece model that are not found in texts as others are."""
    pieces = sentencepiece_model_pb2.ModelProto.FromString(model).pieces
    return [piece.piece for piece in pieces if piece.type not in (_Piece.NORMAL, _Piece.BYTE)]


def _is_known(
    text: str, spec: GraphSpec, model: bytes, tokenizer: PreTrainedTokenizerBase, ours: list[int], theirs: list[int]
) -> bool:
    """Whether SentencePiece tokenizers may differ so: see `check_graph`."""
    before = len(spec.before)
    ends = [len(ids) - len(spec.after) for ids in (ours, theirs)]
    if [ours[:before], ours[ends[0] :]] != [theirs[:before], theirs[ends[1] :]]:
        return False
    ours, theirs = ours[before : ends[0]], theirs[before : ends[1]]
    special = set(tokenizer.all_special_ids) - {spec.unk_id}
    if not special.isdisjoint(theirs) and any(token in text for token in tokenizer.all_special_tokens):
        return True
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    scores = [
        sum(processor.get_score(processor.piece_to_id(spec.pieces[index])) for index in ids) for ids in (ours, theirs)
    ]
    joined = ["".join(spec.pieces[index] for index in ids) for ids in (ours, theirs)]
    return joined[0] == joined[1] and abs(scores[0] - scores[1]) < _TIE


def _shown(ids: Sequence[int], start: int = 0) -> str:
    """Some ids about a place, in order."""
    first = max(0, start - _MOST_IDS // 2)
    last = first + _MOST_IDS
    listed = [*(["..."] if first else []), *map(str, ids[first:last]), *(["..."] if last < len(ids) else [])]
    return f"[{', '.join(listed)}]"
