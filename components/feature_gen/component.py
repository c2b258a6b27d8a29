"""The FeatureGen node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.feature_gen import executor
from components.feature_gen.config import FeatureGenConfig
from components.fingerprint import code_fingerprint


class FeatureGenSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of FeatureGen."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "max_length": component_spec.ExecutionParameter(type=int, optional=True),
        "chunk_overlap": component_spec.ExecutionParameter(type=int, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "backbone": component_spec.ChannelParameter(type=artifacts.Backbone),
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer, optional=True),
    }
    OUTPUTS = {"features": component_spec.ChannelParameter(type=artifacts.Features)}


class FeatureGen(base_component.BaseComponent):
    """Runs a frozen encoder once over every labelled text; heads, folds and sweeps read what it writes."""

    SPEC_CLASS = FeatureGenSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: FeatureGenConfig,
        examples: channel.BaseChannel,
        backbone: channel.BaseChannel,
        tokenizer: channel.BaseChannel | None = None,
        max_length: int | None = None,
        chunk_overlap: int | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: Pooling and batch size.
            examples: Transformed, labelled Examples.
            backbone: The encoder.
            tokenizer: The tokenizer of the examples, if they are to be encoded in chunks; then the next two too.
            max_length: Most tokens of a chunk.
            chunk_overlap: Tokens that a chunk shares with the one before it.
        """
        super().__init__(
            FeatureGenSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.feature_gen.executor"),
                examples=examples,
                backbone=backbone,
                tokenizer=tokenizer,
                max_length=max_length,
                chunk_overlap=chunk_overlap,
                features=channel.Channel(type=artifacts.Features),
            )
        )
