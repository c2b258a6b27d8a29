"""Do of the Transform nodes: TFX's own, told where the tokenizer is."""

from typing import Any

from tfx.components.transform import executor
from tfx.types import Artifact, artifact_utils, standard_component_specs
from tfx.utils import json_utils


class Executor(executor.Executor):
    """TFX's Transform executor with one more input, the Tokenizer artifact."""

    def Do(
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Puts the tokenizer's directory into the ``custom_config`` that `preprocessing_fn` gets.

        Args:
            input_dict: ``examples``, ``schema`` and ``tokenizer``.
            output_dict: ``transform_graph`` and ``transformed_examples``.
            exec_properties: Those of TFX's Transform.
        """
        key = standard_component_specs.CUSTOM_CONFIG_KEY
        custom_config = json_utils.loads(exec_properties[key])
        custom_config["tokenizer"] = artifact_utils.get_single_uri(input_dict["tokenizer"])
        inputs = {name: artifacts for name, artifacts in input_dict.items() if name != "tokenizer"}
        super().Do(inputs, output_dict, {**exec_properties, key: json_utils.dumps(custom_config)})
