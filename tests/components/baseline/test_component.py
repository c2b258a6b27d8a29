"""The Baseline node's wiring."""

from tfx.types import channel, standard_artifacts

from components.baseline.component import Baseline
from components.baseline.config import BaselineConfig


def test_wiring():
    config = BaselineConfig(analyzer="char", char_ngrams=4)

    node = Baseline(config, examples=channel.Channel(type=standard_artifacts.Examples))

    assert BaselineConfig.model_validate_json(node.exec_properties["config"]) == config
    assert node.outputs["evaluation"].type is standard_artifacts.ModelEvaluation
