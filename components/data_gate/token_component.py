"""The TokenGate node."""

import json
from collections.abc import Sequence

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec

from components import artifacts
from components.data_gate import token_executor
from components.data_gate.config import TokenLimits
from components.fingerprint import code_fingerprint


class TokenGateSpec(component_spec.ComponentSpec):
    """What goes into a TokenGate and what comes out."""

    PARAMETERS = {
        "limits": component_spec.ExecutionParameter(type=str),
        "key": component_spec.ExecutionParameter(type=str),
        "settings": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {"statistics": component_spec.ChannelParameter(type=artifacts.TokenStatistics)}
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=artifacts.DataVerdict)}


class TokenGate(base_component.BaseComponent):
    """Stops the run when the tokenizer does not fit the texts: the DataGate's second part, after Transform."""

    SPEC_CLASS = TokenGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(token_executor.Executor)

    def __init__(
        self, limits: TokenLimits, key: str, statistics: channel.BaseChannel, settings: Sequence[str] = ()
    ) -> None:
        """Wires the node.

        Args:
            limits: What is still acceptable.
            key: Key of the gate in the configuration, which a refusal names.
            statistics: What TokenStatistics counted.
            settings: Keys of the configuration that have an effect on tokens, which a refusal may name.
        """
        super().__init__(
            TokenGateSpec(
                limits=limits.model_dump_json(),
                key=key,
                settings=json.dumps(list(settings)),
                code=code_fingerprint("components.data_gate.token_executor"),
                statistics=statistics,
                verdict=channel.Channel(type=artifacts.DataVerdict),
            )
        )
