"""Do of Report: reads what the nodes before it measured, writes ``report.txt`` and ``figures.svg``."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.report import figures, text
from components.token_statistics.statistics import read_statistics

# Input key -> heading.
TOKENS = {"corpus_tokens": "Tokens of the corpus", "tokens": "Tokens of the labelled texts"}
SECTIONS = {
    "pretrainer_run": "Pretrainer",
    "mlm_evaluation": "Masked language model",
    "trainer_run": "Trainer",
    "baseline": "Baseline",
    "evaluation": "Evaluator",
}
PUSHED = ("pushed_model", "pushed_fill_mask")


class Executor(base_executor.BaseExecutor):
    """Writes the report of a run."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Reads the figures of every input that is there and writes the report.

        Args:
            input_dict: Any of the keys of `TOKENS`, `SECTIONS` and `PUSHED`.
            output_dict: ``report``.
            exec_properties: ``name``, the pipeline's name.
        """
        sections: dict[str, Mapping[str, Any]] = {
            f"{heading}, {split}": metrics
            for key, heading in TOKENS.items()
            if input_dict.get(key)
            for split, metrics in read_statistics(artifact_utils.get_single_uri(input_dict[key])).items()
        }
        sections |= {heading: _metrics(input_dict[key]) for key, heading in SECTIONS.items() if input_dict.get(key)}
        pushed = [
            artifact.get_string_custom_property("pushed_destination")
            for key in PUSHED
            for artifact in input_dict.get(key, [])
            if artifact.get_int_custom_property("pushed")
        ]
        folder = PurePosixPath(artifact_utils.get_single_uri(output_dict["report"]))
        _write(folder / "report.txt", text.render(exec_properties["name"], sections, pushed))
        histories = {name: metrics["history"] for name, metrics in sections.items() if metrics.get("history")}
        evaluation = sections.get("Evaluator", {})
        _write(folder / "figures.svg", figures.draw(histories, evaluation))


def _metrics(artifacts: list[types.Artifact]) -> Mapping[str, Any]:
    with fileio.open(str(PurePosixPath(artifact_utils.get_single_uri(artifacts)) / "metrics.json")) as file:
        return json.loads(file.read())


def _write(path: PurePosixPath, content: str) -> None:
    with fileio.open(str(path), "wb") as file:
        file.write(content.encode())
