"""TokenStatistics and TokenGate on real artifacts, with a real text graph."""

import json
from pathlib import Path

import pytest
import tensorflow as tf
from tfx.types import channel_utils, standard_artifacts

from components import artifacts
from components.data_gate import token_executor
from components.data_gate.config import TokenLimits
from components.data_gate.token_component import TokenGate
from components.errors import DataError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.token_statistics.component import TokenStatistics
from components.token_statistics.executor import Executor
from components.token_statistics.statistics import read_statistics
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.training import train_tokenizer
from tests.components import tiny

pytestmark = pytest.mark.slow

SPLITS = {"train": [["京都へ行く", "a cat"], ["猫 😀", "\u200b"]], "eval": [["a cat sat on 京都"]]}
MAX_LENGTH = 6


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    root = tmp_path_factory.mktemp("tokens")
    texts = [text.encode() for shards in SPLITS.values() for shard in shards for text in shard if "😀" not in text]
    train_tokenizer([*texts, "猫".encode()], root / "tokenizer", TokenizerConfig(vocab_size=60), TextConfig())
    graph = TextGraph.load(root / "tokenizer")
    for split, shards in SPLITS.items():
        for number, shard in enumerate(shards):
            ids = graph.encode(tf.constant([text.encode() for text in shard]))
            kept = graph.add_special_tokens(ids, MAX_LENGTH)
            rows = [
                {"input_ids": row, "token_count": count, "text": text.encode(), "id": text.encode()}
                for row, count, text in zip(kept.to_list(), ids.row_lengths().numpy().tolist(), shard, strict=True)
            ]
            tiny.write_examples(root / f"examples/Split-{split}/x-{number:05d}-of-00002.gz", rows)
    examples, tokenizer = standard_artifacts.Examples(), artifacts.Tokenizer()
    examples.uri, examples.split_names = str(root / "examples"), tiny.split_names("train", "eval")
    tokenizer.uri = str(root / "tokenizer")
    return {"examples": [examples], "tokenizer": [tokenizer]}


@pytest.fixture(scope="module")
def statistics(inputs, tmp_path_factory):
    output = artifacts.TokenStatistics()
    output.uri = str(tmp_path_factory.mktemp("statistics") / "not/there/yet")
    node = TokenStatistics(**{name: channel_utils.as_channel(made) for name, made in inputs.items()})
    Executor().Do(inputs, {"statistics": [output]}, node.exec_properties)
    return output


def test_all_files_of_all_splits_count(statistics):
    found = read_statistics(statistics.uri)
    assert list(found) == ["eval", "train"]
    train = found["train"]
    assert (train["rows"], train["empty_rows"], train["unknown_tokens"]) == (4, 1, 1)
    assert train["shown"] == {"empty": ["\u200b '\\u200b'"], "unknown": ["猫 😀 '猫 😀'"]}
    assert found["eval"]["truncated_rows"] == 1
    assert found["eval"]["tokens"] == MAX_LENGTH - 2
    assert found["eval"]["lost_tokens"] == found["eval"]["max_tokens"] - (MAX_LENGTH - 2) > 0


def judge(statistics, directory: Path, **limits: float) -> dict:
    verdict = artifacts.DataVerdict()
    verdict.uri = str(directory)
    node = TokenGate(TokenLimits(**limits), "labelled.gate", channel_utils.as_channel([statistics]))
    try:
        token_executor.Executor().Do({"statistics": [statistics]}, {"verdict": [verdict]}, node.exec_properties)
    finally:
        written = json.loads((directory / "verdict.json").read_text(encoding="utf-8"))
    return written


def test_the_gate_lets_pass_or_stops(statistics, tmp_path):
    assert judge(statistics, tmp_path, max_empty_share=0.25)["accepted"]
    with pytest.raises(DataError, match=r"split 'train', feature 'text': .* 1 of 4 texts \(25\.00%\)"):
        judge(statistics, tmp_path)
    assert not json.loads((tmp_path / "verdict.json").read_text())["accepted"]
