"""FeatureGen on real artifacts: what is read, order, pass-through."""

import pytest
from tfx.types import standard_artifacts

from components import artifacts, progress
from components.examples import split_files
from components.feature_gen import executor, info, records
from components.feature_gen.config import FeatureGenConfig
from tests.components import tiny

pytestmark = pytest.mark.slow

ROWS = [
    {
        "input_ids": [2, 9, 9, 3],
        "label_id": 1,
        "id": b"n/2",
        "text": "京都へ行った。".encode(),
        "token_count": 2,
        "group": "旅".encode(),
    },
    {"input_ids": [2, 3], "label_id": 0, "id": b"n/1", "text": b"", "token_count": 0},
    {"input_ids": [2, *range(5, 20), 3], "label_id": 1, "id": b"n/3", "text": b"long one", "token_count": 40},
]


def run(tmp_path, config):
    """Runs FeatureGen on two splits; gives its artifact and what it reported."""
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path / "examples"), tiny.split_names("train", "eval")
    tiny.write_examples(tmp_path / "examples/Split-train/data-00000-of-00002.gz", ROWS[:1])
    tiny.write_examples(tmp_path / "examples/Split-train/data-00001-of-00002.gz", ROWS[1:])
    tiny.write_examples(tmp_path / "examples/Split-eval/data-00000-of-00001.gz", ROWS[:1])
    backbone, output = artifacts.Backbone(), artifacts.Features()
    backbone.uri, output.uri = str(tiny.write_backbone(tmp_path / "backbone")), str(tmp_path / "features")
    reports = []

    with progress.listen(lambda *report: reports.append(report)):
        executor.Executor().Do(
            {"examples": [examples], "backbone": [backbone]},
            {"features": [output]},
            {"config": config.model_dump_json()},
        )
    return output, reports


def test_writes_features_of_the_train_split_in_order(tmp_path):
    output, reports = run(tmp_path, FeatureGenConfig(pooling="mean"))

    about = info.read(output.uri)
    assert (about.pooling, about.width) == ("mean", tiny.WIDTH)
    train = records.read_features(split_files(f"{output.uri}/Split-train"), about)
    assert train.ids.tolist() == [b"n/2", b"n/1", b"n/3"]
    assert train.texts.tolist() == [row["text"] for row in ROWS]
    assert train.label_ids.tolist() == [1, 0, 1]
    assert train.token_counts.tolist() == [2, 0, 40]
    assert train.groups.tolist() == ["旅".encode(), b"", b""]
    assert [path.name for path in (tmp_path / "features").glob("Split-*")] == ["Split-train"]
    assert reports[-1] == (3, 3, "3 of 3 texts")


def test_sequences_are_worked_on_in_pieces_and_stay_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "SEQUENCES_BYTES", 5 * 4 * 2 * tiny.WIDTH)

    output, reports = run(tmp_path, FeatureGenConfig(pooling="tokens", hidden_layers=2, dtype="float16"))

    about = info.read(output.uri)
    assert about == info.FeaturesInfo(pooling="tokens", width=2 * tiny.WIDTH, hidden_layers=2, dtype="float16")
    train = records.read_features(split_files(f"{output.uri}/Split-train"), about)
    assert train.ids.tolist() == [b"n/2", b"n/1", b"n/3"]
    assert train.features.lengths.tolist() == [4, 2, 17]
    assert [done for done, *_ in reports] == [1, 2, 3]
