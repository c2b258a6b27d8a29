"""The HubPusher node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.hub_pusher import executor
from components.hub_pusher.config import HuggingFaceConfig
from components.pusher.component import BLESSINGS


class HubPusherSpec(component_spec.ComponentSpec):
    """What goes into a HubPusher and what comes out."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "backbone": component_spec.ChannelParameter(type=artifacts.Backbone),
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer),
        "report": component_spec.ChannelParameter(type=artifacts.Report),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun, optional=True),
        **BLESSINGS,
        "pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel, optional=True),
    }
    OUTPUTS = {"published": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class HubPusher(base_component.BaseComponent):
    """Publishes a blessed model to a directory, to the Hub, or to both."""

    SPEC_CLASS = HubPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, config: HuggingFaceConfig, **inputs: channel.BaseChannel) -> None:
        """Wires the node.

        Args:
            config: Where to.
            **inputs: See `HubPusherSpec.INPUTS`.
        """
        super().__init__(
            HubPusherSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.hub_pusher.executor"),
                published=channel.Channel(type=standard_artifacts.PushedModel),
                **inputs,
            )
        )
