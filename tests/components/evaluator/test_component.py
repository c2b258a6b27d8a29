"""The wiring of both Evaluator nodes."""

import pytest
from tfx.types import channel, standard_artifacts

from components import artifacts
from components.evaluator.component import Evaluator
from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.evaluator.mlm_component import MlmEvaluator


@pytest.mark.parametrize("with_baseline", [False, True])
def test_evaluator(with_baseline):
    config = EvaluatorConfig(thresholds={"accuracy": 0.5}, baseline_margin=0.0)
    baseline = channel.Channel(type=standard_artifacts.ModelEvaluation) if with_baseline else None

    node = Evaluator(
        config,
        examples=channel.Channel(type=standard_artifacts.Examples),
        model=channel.Channel(type=standard_artifacts.Model),
        baseline=baseline,
    )

    assert EvaluatorConfig.model_validate_json(node.exec_properties["config"]) == config
    assert ("baseline" in node.inputs) is with_baseline
    assert node.outputs["blessing"].type is standard_artifacts.ModelBlessing


def test_mlm_evaluator():
    config = MlmEvaluatorConfig(max_perplexity=100.0)

    node = MlmEvaluator(
        config,
        model=channel.Channel(type=standard_artifacts.Model),
        model_run=channel.Channel(type=standard_artifacts.ModelRun),
    )

    assert MlmEvaluatorConfig.model_validate_json(node.exec_properties["config"]) == config
    assert {name: output.type for name, output in node.outputs.items()} == {
        "evaluation": standard_artifacts.ModelEvaluation,
        "blessing": artifacts.MaskedModelBlessing,
    }
