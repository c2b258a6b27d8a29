"""The Window's Do: the examples of several spans in, one set out."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components import files
from components.data_gate.accepted import recall
from components.window.choosing import choose
from components.window.joining import join


class Executor(base_executor.BaseExecutor):
    """Copies the files of the spans into one folder a split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``current``, and ``earlier``: any number, at most one a span.
            output_dict: ``examples``.
            exec_properties: ``spans``: how many at most; ``branch``: see `join`; ``accepted_directory``, if nothing can
                be in ``earlier``: see `components.data_gate.accepted`.

        Raises:
            DataError: If a span was read with other settings.
        """
        current = artifact_utils.get_single_instance(input_dict["current"])
        parts = {artifact.span: artifact.uri for artifact in input_dict.get("earlier", [])}
        if directory := exec_properties.get("accepted_directory"):
            accepted = ((one.span, one.examples) for one in recall(directory))
            parts = choose(accepted, current.span, exec_properties["spans"] - 1, files.is_folder)
        parts = {**dict(sorted(parts.items())), current.span: current.uri}
        output = artifact_utils.get_single_instance(output_dict["examples"])
        output.split_names = current.split_names
        output.span = current.span
        for name in ("payload_format", "file_format"):
            output.set_string_custom_property(name, current.get_string_custom_property(name))
        splits = artifact_utils.decode_split_names(current.split_names)
        join(parts, splits, output.uri, exec_properties.get("branch", "labelled"))
