"""Do of Report: reads what the nodes before it wrote, writes ``report.html`` and ``model_card.md``."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.report.collecting import collect
from components.report.names import CARD, PAGE, STOPPED
from components.report.page import render_card, render_page


class Executor(base_executor.BaseExecutor):
    """Writes the report of a run."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads every input that is there and writes the report.

        Args:
            input_dict: See `components.report.collecting.collect`.
            output_dict: ``report``.
            exec_properties: ``name``, the pipeline's name; ``config``, the whole configuration as YAML; ``origins``,
                as JSON, in words where the data sets come from; ``tf_serving``, the version that the models are for;
                ``stopped``, why the run ended early, empty if it did not. There is a model card if the run came to its
                end and made a model.
        """
        run_id = (self._context and self._context.pipeline_run_id) or ""
        origins = json.loads(exec_properties["origins"])
        story = collect(
            input_dict,
            exec_properties["name"],
            run_id,
            exec_properties["config"],
            origins,
            exec_properties["tf_serving"],
            exec_properties[STOPPED],
        )
        folder = artifact_utils.get_single_uri(output_dict["report"])
        fileio.makedirs(folder)
        _write(f"{folder}/{PAGE}", render_page(story))
        if not story.stopped and story.has_model:
            _write(f"{folder}/{CARD}", render_card(story))


def _write(path: str, content: str) -> None:
    with fileio.open(path, "wb") as file:
        file.write(content.encode())
