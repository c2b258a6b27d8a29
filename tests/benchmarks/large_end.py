"""What a row more costs in the nodes that are not on Beam: seconds and memory, for docs/scale.md.

``python -m tests.benchmarks.large_end PART ROWS FOLDER`` runs one of the parts on so many rows, and prints the seconds
of its work and the most memory of its process. Texts are the Japanese lines, of which there are 50,000: more rows are
the same again; their labels are the fifteen subjects.
"""

import gzip
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import corpora

GOALS: dict[str, float] = {}
ROWS = {
    "feature_gen": (1_000, 4_000),
    "trainer": (50_000, 200_000),
    "baseline": (10_000, 40_000),
    "pretrainer": (500_000, 2_000_000),
}
WIDTH = 384  # of MiniLM's vectors


def measure() -> dict[str, Any]:
    """Runs each part on few and on many rows, in a process each.

    Returns:
        By part: milliseconds and kB of a row more, and what each run took; no ratios.
    """
    found: dict[str, Any] = {}
    for part, sizes in ROWS.items():
        runs = []
        for rows in sizes:
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, "-m", "tests.benchmarks.large_end", part, str(rows), folder]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        few, many = runs
        more = sizes[1] - sizes[0]
        found[part] = {
            "ms_a_row": round(1e3 * (many["seconds"] - few["seconds"]) / more, 4),
            "kb_a_row": round((many["kb"] - few["kb"]) / more, 3),
            "runs": dict(zip(map(str, sizes), runs, strict=True)),
        }
    return {**found, "ratios": {}}


def labelled_lines(count: int) -> Iterator[tuple[str, str]]:
    """Lines of Wikipedia's articles on Kyoto with their subjects, in turns; after the last the first comes again."""
    files = sorted((corpora.DATA / "ja-wiki-kyoto").glob("*.txt.gz"))
    opened = [gzip.decompress(path.read_bytes()).decode("utf-8").split("\n") for path in files]
    rows = [
        (line, path.name.partition(".")[0])
        for lines in itertools.zip_longest(*opened)
        for line, path in zip(lines, files, strict=True)
        if line
    ]
    return itertools.islice(itertools.cycle(rows), count)


def token_ids(count: int) -> Any:
    """Ragged token ids of so many lines, at most 128 each."""
    import sentencepiece
    import tensorflow as tf

    processor = sentencepiece.SentencePieceProcessor(model_file=str(corpora.DATA / "vocab" / "wiki-ja.model"))
    return tf.ragged.constant([processor.encode(line)[:126] or [1] for line, _ in labelled_lines(count)], tf.int64)


def feature_gen(rows: int, folder: Path) -> Callable[[], object]:
    """MiniLM's architecture, pooled by the mean."""
    from transformers import BertConfig, TFBertModel

    from components.feature_gen.config import FeatureGenConfig
    from components.feature_gen.encoder import load_encoder
    from components.feature_gen.extract import FeatureExtractor

    shape = {"hidden_size": WIDTH, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    network = TFBertModel(BertConfig(vocab_size=32_000, **shape))
    network(network.dummy_inputs)
    network.save_pretrained(folder)
    extractor, ids = FeatureExtractor(load_encoder(folder), FeatureGenConfig()), token_ids(rows)
    return lambda: extractor.extract(ids, lambda done: None)


def trainer(rows: int, folder: Path) -> Callable[[], object]:
    """Reads features, and trains a linear head on them for an epoch."""
    import numpy as np
    import tensorflow as tf

    from components.examples import split_files
    from components.feature_gen.info import FeaturesInfo
    from components.feature_gen.records import UNCOMPRESSED, TokenizedTexts, read_features, write_features
    from components.trainer.config import TrainerConfig
    from components.trainer.training import train_head

    lines, random = labelled_lines(rows), np.random.default_rng(0)
    with tf.io.TFRecordWriter(str(folder / "features.gz"), UNCOMPRESSED) as writer:
        for start in range(0, rows, 1_000):
            part = list(itertools.islice(lines, 1_000))
            texts = np.array([line.encode() for line, _ in part], object)
            ids = np.array([b"texts.txt:%d" % (start + n) for n in range(len(part))], object)
            labels = tf.ragged.constant([[hash(label) % 15] for _, label in part], tf.int64)
            counts, groups = np.full(len(part), 30), np.full(len(part), b"", object)
            source = TokenizedTexts(labels, labels, ids, texts, counts, groups)
            write_features(writer, random.normal(size=(len(part), WIDTH)).astype(np.float32), source)
    about = FeaturesInfo(pooling="mean", width=WIDTH)

    def work() -> None:
        data = read_features(split_files(folder), about)
        config = TrainerConfig(epochs=1, batch_size=256)
        train_head(data, [str(label) for label in range(15)], config, tf.distribute.get_strategy())

    return work


def baseline(rows: int, folder: Path) -> Callable[[], object]:
    """TF-IDF and a linear model, asked about a tenth more rows."""
    from components.baseline.config import BaselineConfig
    from components.baseline.model import LabelledTexts, train_and_answer

    def texts(count: int) -> LabelledTexts:
        lines = list(labelled_lines(count))
        ids = [b"%d" % n for n in range(count)]
        return LabelledTexts([line for line, _ in lines], [(label,) for _, label in lines], False, ids, ids)

    train, asked = texts(rows), texts(rows // 10)
    return lambda: train_and_answer(train, asked, BaselineConfig())


def pretrainer(rows: int, folder: Path) -> Callable[[], object]:
    """Reads token ids, and makes the blocks of an epoch."""
    import tensorflow as tf

    from components.pretrainer.config import PretrainerConfig
    from components.pretrainer.dataset import epoch_blocks, read_corpus

    with tf.io.TFRecordWriter(str(folder / "ids.gz"), "GZIP") as writer:
        for ids in token_ids(5_000).to_list() * (rows // 5_000):
            feature = {"input_ids": tf.train.Feature(int64_list=tf.train.Int64List(value=ids))}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())

    def work() -> object:
        corpus = read_corpus([str(folder / "ids.gz")])
        print(json.dumps({"tokens": corpus.ids.size}))
        return epoch_blocks(corpus, PretrainerConfig(epochs=1), 0, 0)

    return work


PARTS = {"feature_gen": feature_gen, "trainer": trainer, "baseline": baseline, "pretrainer": pretrainer}

if __name__ == "__main__":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    work = PARTS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
