"""Transform as a whole, on Beam, against the write-up's single Python process, on all of 20 Newsgroups."""

import tempfile
import time
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from components.text_transform.config import TextConfig
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.benchmarks import corpora, write_ups
from tests.components.text_transform.transforming import run_transform, write_inputs

GOALS = {"Transform to the write-up": 1}
_MAX_LENGTH = 200


def measure() -> dict[str, Any]:
    """Runs each once: both take long enough.

    Returns:
        Seconds of each, and their ratio.
    """
    texts = corpora.messages()
    nltk = str(corpora.DATA / "stopwords" / "nltk-english.txt")
    config = TextConfig(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        vocabulary = corpora.DATA / "vocab" / "bert-base-uncased-vocab.txt"
        import_tokenizer(vocabulary, root / "tokenizer", TokenizerConfig(kind="import"), config)
        inputs = write_inputs(root, [text.encode() for text in texts], root / "tokenizer")
        start = time.perf_counter()
        run_transform(root, inputs, _MAX_LENGTH)
        transform = time.perf_counter() - start
        fast = AutoTokenizer.from_pretrained(root / "tokenizer")
    start = time.perf_counter()
    write_ups.classify_ids(texts, resolve_stop_words(["english"], nltk), fast, _MAX_LENGTH)
    write_up = time.perf_counter() - start
    seconds = {"Transform": transform, "write-up": write_up}
    return {"seconds": seconds, "ratios": {"Transform to the write-up": write_up / transform}}
