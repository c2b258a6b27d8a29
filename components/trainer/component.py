"""The Trainer node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.text_transform.config import HEAD, CutConfig
from components.trainer import executor
from components.trainer.config import TrainerConfig


class TrainerSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of the Trainer."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "max_length": component_spec.ExecutionParameter(type=int),
        "cut": component_spec.ExecutionParameter(type=str, optional=True),
        "multi_label": component_spec.ExecutionParameter(type=int, optional=True),
        "sources": component_spec.ExecutionParameter(type=str, optional=True),
        "serving_directory": component_spec.ExecutionParameter(type=str, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "features": component_spec.ChannelParameter(type=artifacts.Features),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "backbone": component_spec.ChannelParameter(type=artifacts.Backbone),
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
        "blessed_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
    }


class Trainer(base_component.BaseComponent):
    """Trains a head on frozen features, then the encoder if asked for; exports a SavedModel that takes raw text."""

    SPEC_CLASS = TrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: TrainerConfig,
        features: channel.BaseChannel,
        backbone: channel.BaseChannel,
        tokenizer: channel.BaseChannel,
        transform_graph: channel.BaseChannel,
        max_length: int,
        cut: CutConfig = HEAD,
        examples: channel.BaseChannel | None = None,
        multi_label: bool = False,
        sources: str | None = None,
        blessed_model: channel.BaseChannel | None = None,
        serving_directory: str | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: Head and training.
            features: From FeatureGen; the head is trained on its train split alone.
            backbone: The encoder that the features came from.
            tokenizer: The tokenizer that the token ids came from.
            transform_graph: From the labelled Transform: the label vocabulary.
            max_length: Most tokens of a text, the same as in the Transform.
            cut: What becomes of longer texts, the same as in the Transform.
            examples: The transformed Examples that the features were made of; read where ``config.unfreeze`` asks for
                the second stage, which trains on their train split alone.
            multi_label: Whether an example may have several labels, or none.
            sources: How the rows were read: `components.example_gen.executor.fingerprint_sources`. A model whose rows
                were read otherwise is not begun with.
            blessed_model: What ``config.warm_start`` begins with, from a resolver.
            serving_directory: Where it is, as the newest version, if there is no resolver.
        """
        super().__init__(
            TrainerSpec(
                config=config.model_dump_json(),
                max_length=max_length,
                cut=cut.model_dump_json(),
                multi_label=int(multi_label),
                sources=sources,
                serving_directory=serving_directory,
                code=code_fingerprint("components.trainer.executor"),
                features=features,
                examples=examples,
                backbone=backbone,
                tokenizer=tokenizer,
                transform_graph=transform_graph,
                blessed_model=blessed_model,
                model=channel.Channel(type=standard_artifacts.Model),
                model_run=channel.Channel(type=standard_artifacts.ModelRun),
            )
        )
