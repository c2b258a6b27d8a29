"""The Backbone node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec

from components import artifacts
from components.backbone import executor, huggingface
from components.backbone.config import BackboneConfig
from components.fingerprint import code_fingerprint


class BackboneSpec(component_spec.ComponentSpec):
    """Outputs and parameters of the Backbone."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "fingerprint": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"backbone": component_spec.ChannelParameter(type=artifacts.Backbone)}


class Backbone(base_component.BaseComponent):
    """Imports a pretrained encoder from a directory or from the Hugging Face Hub."""

    SPEC_CLASS = BackboneSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, config: BackboneConfig) -> None:
        """Wires the node.

        Args:
            config: Where the encoder comes from; the content of a directory is hashed now, so that the node
                runs again when it has changed.

        Raises:
            ConfigError: If the directory is not there.
            DataError: If it has no weights.
        """
        super().__init__(
            BackboneSpec(
                config=config.model_dump_json(),
                fingerprint=huggingface.fingerprint(config.source, config.revision),
                code=code_fingerprint("components.backbone.executor"),
                backbone=channel.Channel(type=artifacts.Backbone),
            )
        )
