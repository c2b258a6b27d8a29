"""Runs the check on TFX artifacts, and keeps the checked model with its warm-up."""

import dataclasses
import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.examples import split_files
from components.local_copies import local_copy
from components.servable_check import check, warmup
from components.servable_check.config import ServableCheckConfig

RESULT_FILE = "servable_check.json"


class Executor(base_executor.BaseExecutor):
    """Writes an InfraBlessing with the names and properties of TFX's InfraValidator."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Checks the model.

        Args:
            input_dict: ``model``, and optionally raw ``examples``.
            output_dict: ``blessing``: ``servable_check.json``, ``INFRA_BLESSED`` or ``INFRA_NOT_BLESSED``,
                and, if there are warm-up texts, a copy of the model with its warm-up (custom property
                ``has_model``); of a model that cannot be served the custom property ``blessing_message`` says why.
            exec_properties: ``config``, a `ServableCheckConfig` as JSON.
        """
        config = ServableCheckConfig.model_validate_json(exec_properties["config"])
        model = artifact_utils.get_single_instance(input_dict["model"])
        model_dir = local_copy(path_utils.serving_model_path(model.uri))  # read in several processes
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        texts = warmup.choose_texts(_example_files(input_dict.get("examples")), config.warmup_requests)
        result = check.check_model(model_dir, config, texts)
        content = json.dumps({"servable": result.servable, **dataclasses.asdict(result)}, ensure_ascii=False, indent=2)
        io_utils.write_string_file(f"{blessing.uri}/{RESULT_FILE}", content)
        io_utils.write_string_file(f"{blessing.uri}/{'INFRA_BLESSED' if result.servable else 'INFRA_NOT_BLESSED'}", "")
        blessing.set_int_custom_property("blessed", int(result.servable))
        blessing.set_int_custom_property("current_model_id", model.id)
        if not result.servable:
            blessing.set_string_custom_property("blessing_message", f"cannot be served: {'; '.join(result.failures)}")
        elif texts:
            copy = path_utils.stamped_model_path(blessing.uri)
            io_utils.copy_dir(model_dir, copy)
            warmup.write_warmup(copy, result.signatures, texts)
            blessing.set_int_custom_property("has_model", 1)


def _example_files(examples: list[types.Artifact] | None) -> list[str]:
    if not examples:
        return []
    split = artifact_utils.decode_split_names(artifact_utils.get_single_instance(examples).split_names)[0]
    return split_files(artifact_utils.get_split_uri(examples, split))
