"""The memory of tokenizing: resident size for the documents ten times over against once, in a process each."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.benchmarks import corpora

GOALS = {"ten times the documents": 1 / 1.3}
_MAX_LENGTH, _BATCH = 200, 256


def measure() -> dict[str, Any]:
    """Measures both languages.

    Returns:
        Resident sizes in MiB by language and number of documents, and the smaller of the two ratios: the size for the
        documents once to the size for ten times as many.
    """
    corpora_by_name = {
        "20 Newsgroups": (corpora.messages(), "bert-base-uncased-vocab.txt"),
        "Japanese lines": (corpora.japanese_lines(), "wiki-ja.model"),
    }
    sizes = {name: _sizes(texts, corpora.DATA / "vocab" / file) for name, (texts, file) in corpora_by_name.items()}
    ratios = [min(found.values()) / max(found.values()) for found in sizes.values()]
    return {"resident_mib": sizes, "ratios": {"ten times the documents": min(ratios)}}


def _sizes(texts: Sequence[str], vocabulary: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as temporary:
        directory, records = Path(temporary) / "tokenizer", Path(temporary) / "texts"
        import_tokenizer(vocabulary, directory, TokenizerConfig(kind="import"), TextConfig())
        with tf.io.TFRecordWriter(str(records)) as writer:
            for text in texts:
                writer.write(text.encode())
        counts = (len(texts), 10 * len(texts))
        return {f"{count:,}": _run(directory, records, count) for count in counts}


def _run(directory: Path, records: Path, count: int) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.text_memory", str(directory), str(records), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def _tokenize(directory: str, records: str, count: int) -> float:
    """Tokenizes so many documents; gives the largest resident size of this process in MiB."""
    graph = TextGraph.load(directory)
    rows = tf.data.TFRecordDataset(records).repeat().take(count).batch(_BATCH)
    for _ in rows.map(
        lambda batch: graph.tokenize(batch, _MAX_LENGTH).to_tensor(graph.pad_id), num_parallel_calls=tf.data.AUTOTUNE
    ).prefetch(tf.data.AUTOTUNE):
        pass
    # Not getrusage: its maximum is that of the process that started this one, if that was larger.
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    print(_tokenize(sys.argv[1], sys.argv[2], int(sys.argv[3])))
