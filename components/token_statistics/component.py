"""The TokenStatistics node."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.token_statistics import executor


class TokenStatisticsSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of TokenStatistics."""

    PARAMETERS = {"code": component_spec.ExecutionParameter(type=str)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph, optional=True),
    }
    OUTPUTS = {"statistics": component_spec.ChannelParameter(type=artifacts.TokenStatistics)}


class TokenStatistics(base_beam_component.BaseBeamComponent):
    """Counts what the tokenizer made of the texts: unknown tokens, lengths, cut and empty texts, vocabulary use.

    TFDV's statistics of a ``natural_language_domain`` know neither what was cut off nor which texts became empty, and
    loop over tokens in Python.
    """

    SPEC_CLASS = TokenStatisticsSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        tokenizer: channel.BaseChannel,
        transform_graph: channel.BaseChannel | None = None,
    ) -> None:
        """Wires the node.

        Args:
            examples: Transformed Examples.
            tokenizer: The tokenizer that made their ids.
            transform_graph: What numbered their labels; None for texts without labels.
        """
        super().__init__(
            TokenStatisticsSpec(
                code=code_fingerprint("components.token_statistics.executor"),
                examples=examples,
                tokenizer=tokenizer,
                transform_graph=transform_graph,
                statistics=channel.Channel(type=artifacts.TokenStatistics),
            )
        )
