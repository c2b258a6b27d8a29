"""From raw strings to padded ids: documents per second of the text graph and of its alternatives."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import tensorflow as tf
from transformers import AutoTokenizer, DebertaV2TokenizerFast, PreTrainedTokenizerBase

from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.benchmarks import corpora, write_ups
from tests.benchmarks.timing import Candidate, rates

MAX_LENGTH = 200
BATCH = 256
REPEATS = 5
SPARSE = 10  # the slow way sees every tenth document

Work = Callable[[], object]


def measure() -> dict[str, Any]:
    """Measures both languages.

    Returns:
        Documents per second by language and way, and the ratios that there are goals for.
    """
    english, japanese = _english(), _japanese()
    return {
        "documents_per_second": {"20 Newsgroups": english, "Japanese lines": japanese},
        "ratios": {
            "English, to the write-up": english["graph, cleaned"] / english["write-up"],
            "English, to HF fast": english["graph"] / english["HF fast"],
            "English, to HF in numpy_function": english["graph"] / english["HF in numpy_function"],
            "Japanese, to the write-up": japanese["graph"] / japanese["write-up"],
            "Japanese, to HF fast": japanese["graph"] / japanese["HF fast"],
            "Japanese, to HF in numpy_function": japanese["graph"] / japanese["HF in numpy_function"],
        },
    }


GOALS = {
    "English, to the write-up": 10,
    "English, to HF fast": 5,
    "Japanese, to the write-up": 3,
    "Japanese, to HF fast": 3,
}


def _english() -> dict[str, float]:
    texts = corpora.messages()
    vocabulary = corpora.DATA / "vocab" / "bert-base-uncased-vocab.txt"
    nltk = str(corpora.DATA / "stopwords" / "nltk-english.txt")
    cleaned = TextConfig(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    with tempfile.TemporaryDirectory() as temporary:
        plain, full = Path(temporary) / "plain", Path(temporary) / "full"
        import_tokenizer(vocabulary, plain, TokenizerConfig(kind="import"), TextConfig())
        import_tokenizer(vocabulary, full, TokenizerConfig(kind="import"), cleaned)
        fast = AutoTokenizer.from_pretrained(plain)
        words = resolve_stop_words(["english"], nltk)
        return rates(
            {
                "graph, cleaned": Candidate(_graph(full, texts), len(texts)),
                "graph": Candidate(_graph(plain, texts), len(texts)),
                "HF fast": Candidate(partial(_batches, fast, texts), len(texts)),
                "HF in numpy_function": Candidate(partial(_numpy_function, fast, texts), len(texts)),
                "write-up": Candidate(
                    partial(write_ups.classify_ids, texts[::SPARSE], words, fast, MAX_LENGTH), len(texts[::SPARSE])
                ),
            },
            REPEATS,
        )


def _japanese() -> dict[str, float]:
    texts = corpora.japanese_lines()
    model = corpora.DATA / "vocab" / "wiki-ja.model"
    fast = DebertaV2TokenizerFast(vocab_file=str(model))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    with tempfile.TemporaryDirectory() as temporary:
        import_tokenizer(model, temporary, TokenizerConfig(kind="import"), TextConfig())
        return rates(
            {
                "graph": Candidate(_graph(Path(temporary), texts), len(texts)),
                "HF fast": Candidate(partial(_batches, fast, texts), len(texts)),
                "HF in numpy_function": Candidate(partial(_numpy_function, fast, texts), len(texts)),
                "write-up": Candidate(
                    partial(write_ups.sentencepiece_ids, texts[::SPARSE], processor, MAX_LENGTH), len(texts[::SPARSE])
                ),
            },
            REPEATS,
        )


def _graph(directory: Path, texts: list[str]) -> Work:
    graph = TextGraph.load(directory)
    rows = tf.data.Dataset.from_tensor_slices([text.encode() for text in texts]).batch(BATCH)
    padded = rows.map(
        lambda batch: graph.tokenize(batch, MAX_LENGTH).to_tensor(graph.pad_id), num_parallel_calls=tf.data.AUTOTUNE
    ).prefetch(tf.data.AUTOTUNE)
    return partial(_consume, padded)


def _consume(batches: tf.data.Dataset) -> None:
    for _ in batches:
        pass


def _batches(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> None:
    for start in range(0, len(texts), BATCH):
        _encode(tokenizer, texts[start : start + BATCH])


def _numpy_function(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> None:
    def encode(batch: np.ndarray) -> np.ndarray:
        return _encode(tokenizer, [text.decode() for text in batch])

    rows = tf.data.Dataset.from_tensor_slices([text.encode() for text in texts]).batch(BATCH)
    _consume(
        rows.map(
            lambda batch: tf.numpy_function(encode, [batch], tf.int64), num_parallel_calls=tf.data.AUTOTUNE
        ).prefetch(tf.data.AUTOTUNE)
    )


def _encode(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> np.ndarray:
    return tokenizer(texts, padding=True, truncation=True, max_length=MAX_LENGTH, return_tensors="np")["input_ids"]
