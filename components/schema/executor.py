"""The Schema's Do: writes the file that TFX's components read."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

SCHEMA_FILE = "schema.pbtxt"


class Executor(base_executor.BaseExecutor):
    """Writes a schema into an artifact."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: Empty.
            output_dict: ``schema``: the folder of `SCHEMA_FILE`.
            exec_properties: ``text``: its content.
        """
        folder = artifact_utils.get_single_uri(output_dict["schema"])
        io_utils.write_string_file(f"{folder}/{SCHEMA_FILE}", exec_properties["text"])
