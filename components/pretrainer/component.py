"""The Pretrainer node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.pretrainer import executor
from components.pretrainer.config import PretrainerConfig


class PretrainerSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of the Pretrainer."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer),
        "initial_backbone": component_spec.ChannelParameter(type=artifacts.Backbone, optional=True),
    }
    OUTPUTS = {
        "backbone": component_spec.ChannelParameter(type=artifacts.Backbone),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
    }


class Pretrainer(base_component.BaseComponent):
    """Pretrains an encoder by masked language modelling, from scratch or from a backbone."""

    SPEC_CLASS = PretrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: PretrainerConfig,
        examples: channel.BaseChannel,
        tokenizer: channel.BaseChannel,
        initial_backbone: channel.BaseChannel | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: Architecture and training.
            examples: Transformed unlabelled text with splits train and eval.
            tokenizer: The tokenizer that the token ids came from.
            initial_backbone: The encoder to go on with, whose architecture replaces that of the configuration; None:
                from scratch.
        """
        super().__init__(
            PretrainerSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.pretrainer.executor"),
                examples=examples,
                tokenizer=tokenizer,
                initial_backbone=initial_backbone,
                backbone=channel.Channel(type=artifacts.Backbone),
                model=channel.Channel(type=standard_artifacts.Model),
                model_run=channel.Channel(type=standard_artifacts.ModelRun),
            )
        )
