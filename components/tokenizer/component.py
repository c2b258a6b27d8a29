"""The Tokenizer node: Examples or a Backbone in, a Tokenizer artifact out."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.channel import BaseChannel, Channel

from components import artifacts
from components.errors import ConfigError
from components.fingerprint import code_fingerprint
from components.text_transform.config import CutConfig, TextConfig
from components.tokenizer import executor
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.source import source_fingerprint


class TokenizerSpec(component_spec.ComponentSpec):
    """Inputs, output and parameters of `Tokenizer`."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "text": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "backbone": component_spec.ChannelParameter(type=artifacts.Backbone, optional=True),
    }
    OUTPUTS = {"tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer)}


class Tokenizer(base_beam_component.BaseBeamComponent):
    """Trains a tokenizer on the train split of Examples, or imports one."""

    SPEC_CLASS = TokenizerSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        config: TokenizerConfig,
        text: TextConfig,
        examples: BaseChannel | None = None,
        backbone: BaseChannel | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: The tokenizer.
            text: Cleaning and stop words, which become part of the artifact; what becomes of long texts does not.
            examples: Examples with a ``text`` feature; what a trained tokenizer learns from.
            backbone: The encoder whose tokenizer is imported, unless ``config.source`` names another.

        Raises:
            ConfigError: If what the kind of tokenizer needs is missing, or a list of stop words cannot be read.
        """
        if config.kind == "import":
            if config.source is None and backbone is None:
                raise ConfigError("tokenizer.source", "nothing to import: name a source, or have a backbone")
        elif examples is None:
            raise ConfigError("tokenizer.kind", f"{config.kind} is trained, but there is no corpus to train it on")
        spec = TokenizerSpec(
            config=config.model_dump_json(),
            text=text.model_dump_json(exclude={"max_length", *CutConfig.model_fields}),
            source=source_fingerprint(config.source, text),
            code=code_fingerprint("components.tokenizer.executor"),
            examples=examples,
            backbone=backbone,
            tokenizer=Channel(artifacts.Tokenizer),
        )
        super().__init__(spec)
