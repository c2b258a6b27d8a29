"""The FeatureGen node's wiring."""

from tfx.types import channel, standard_artifacts

from components import artifacts
from components.feature_gen.component import FeatureGen
from components.feature_gen.config import FeatureGenConfig


def test_wiring():
    config = FeatureGenConfig(pooling="cls", batch_tokens=512)

    node = FeatureGen(
        config,
        examples=channel.Channel(type=standard_artifacts.Examples),
        backbone=channel.Channel(type=artifacts.Backbone),
    )

    assert FeatureGenConfig.model_validate_json(node.exec_properties["config"]) == config
    assert {name: output.type for name, output in node.outputs.items()} == {"features": artifacts.Features}
