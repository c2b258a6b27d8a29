"""The Trainer node's wiring."""

import pytest
from tfx.types import channel, standard_artifacts

from components import artifacts
from components.trainer.component import Trainer
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.config import UnfreezeConfig


def make(config: TrainerConfig, **inputs: channel.Channel) -> Trainer:
    return Trainer(
        config,
        features=channel.Channel(type=artifacts.Features),
        backbone=channel.Channel(type=artifacts.Backbone),
        tokenizer=channel.Channel(type=artifacts.Tokenizer),
        transform_graph=channel.Channel(type=standard_artifacts.TransformGraph),
        max_length=64,
        **inputs,
    )


def test_configuration_reaches_the_executor_whole():
    config = TrainerConfig(hidden_units=32, class_weights=True)

    properties = make(config).exec_properties

    assert TrainerConfig.model_validate_json(properties["config"]) == config
    assert properties["max_length"] == 64


def test_same_code_and_configuration_give_the_same_properties():
    assert make(TrainerConfig()).exec_properties == make(TrainerConfig()).exec_properties


def test_gives_a_model_and_its_run():
    outputs = make(TrainerConfig()).outputs

    assert {name: output.type for name, output in outputs.items()} == {
        "model": standard_artifacts.Model,
        "model_run": standard_artifacts.ModelRun,
    }


def test_examples_are_an_input_only_where_they_are_given():
    examples = channel.Channel(type=standard_artifacts.Examples)

    assert "examples" not in make(TrainerConfig()).inputs
    assert make(TrainerConfig(unfreeze=UnfreezeConfig()), examples=examples).inputs["examples"] is examples


def test_the_unfrozen_encoder_needs_a_validation_part():
    with pytest.raises(ValueError, match="set validation_share above 0"):
        TrainerConfig(unfreeze=UnfreezeConfig(), validation_share=0.0)
