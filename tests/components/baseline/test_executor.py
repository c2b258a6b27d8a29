"""The Baseline on real artifacts."""

from tfx.types import standard_artifacts

from components.baseline.config import BaselineConfig
from components.baseline.executor import Executor
from components.evaluator.results import read_metrics
from tests.components import tiny


def test_trains_on_train_and_judges_on_eval(tmp_path):
    rows = {
        "train": [
            ("京都の寺を見た", "京都"),
            ("京都の庭", "京都"),
            ("電話が鳴る", "携帯"),
            ("新しい電話", "携帯"),
        ]
        * 3,
        "eval": [("京都の桜", "京都"), ("電話の音", "携帯"), ("京都から電話", "携帯")],
    }
    for split, pairs in rows.items():
        tiny.write_examples(
            tmp_path / f"examples/Split-{split}/data.gz",
            [{"text": text.encode(), "label": label.encode(), "id": b"x"} for text, label in pairs],
        )
    examples, evaluation = standard_artifacts.Examples(), standard_artifacts.ModelEvaluation()
    examples.uri, examples.split_names = str(tmp_path / "examples"), tiny.split_names("train", "eval")
    evaluation.uri = str(tmp_path / "evaluation")

    Executor().Do(
        {"examples": [examples]},
        {"evaluation": [evaluation]},
        {"config": BaselineConfig(analyzer="char", min_count=1).model_dump_json()},
    )

    metrics = read_metrics(evaluation.uri)
    assert metrics.example_count == 3
    assert metrics.per_class["京都"].recall == 1.0
    assert metrics.per_class["携帯"].support == 2
