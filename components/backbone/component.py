"""The Backbone node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec

from components import artifacts
from components.backbone import executor, huggingface, importing
from components.backbone.config import BackboneConfig
from components.fingerprint import code_fingerprint


class BackboneSpec(component_spec.ComponentSpec):
    """Outputs and parameters of the Backbone."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "max_length": component_spec.ExecutionParameter(type=int, optional=True),
        "fingerprint": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"backbone": component_spec.ChannelParameter(type=artifacts.Backbone)}


class Backbone(base_component.BaseComponent):
    """Imports a pretrained encoder from the Hugging Face Hub, or from a directory in its format or with a TF1 BERT."""

    SPEC_CLASS = BackboneSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, config: BackboneConfig, max_length: int | None = None) -> None:
        """Wires the node.

        A directory is checked now, all but the values of its weights, and its content is hashed, so that the node runs
        again when it has changed. A name on the Hub is looked up when the node runs.

        Args:
            config: Where the encoder comes from.
            max_length: Tokens of a text at most, special tokens included, which the encoder must have positions for;
                None: not checked.

        Raises:
            ConfigError: If the directory is not there, or the encoder has too few positions.
            DataError: If something is missing or broken in the directory.
        """
        directory = huggingface.local_directory(config.source)
        if directory:
            importing.check(directory, config, max_length)
        super().__init__(
            BackboneSpec(
                config=config.model_dump_json(),
                # A directory was checked just now: another length needs no other artifact.
                max_length=None if directory else max_length,
                fingerprint=importing.fingerprint(config),
                code=code_fingerprint("components.backbone.executor"),
                backbone=channel.Channel(type=artifacts.Backbone),
            )
        )
