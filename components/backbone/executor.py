"""The Backbone's Do: checks a pretrained encoder and takes it into the pipeline."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.backbone import huggingface, importing
from components.backbone.config import BackboneConfig


class Executor(base_executor.BaseExecutor):
    """Writes an encoder and its tokenizer into an artifact."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: Empty.
            output_dict: ``backbone``: the Hugging Face directory.
            exec_properties: ``config``: a `BackboneConfig` as JSON; ``max_length``: tokens of a text at most, if known.
        """
        config = BackboneConfig.model_validate_json(exec_properties["config"])
        directory = huggingface.resolve(config.source, config.revision)
        importing.check(directory, config, exec_properties.get("max_length"))
        importing.import_encoder(directory, config, artifact_utils.get_single_uri(output_dict["backbone"]))
