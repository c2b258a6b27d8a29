"""Runs the gate on TFX artifacts."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.data_gate import gate, reading
from components.data_gate.accepted import Accepted, note
from components.data_gate.config import LabelledGateConfig
from components.data_gate.label_facts import collect
from components.data_gate.label_findings import label_findings
from components.data_gate.verdict_file import EXAMPLES_ID, KEY, STATISTICS_ID, write_verdict
from components.errors import DataError


class Executor(base_executor.BaseExecutor):
    """Writes ``verdict.json``, and fails if the data must not be used."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Judges the Examples.

        Args:
            input_dict: ``examples``, ``anomalies`` and, optionally, ``statistics``.
            output_dict: ``verdict``; its custom properties ``key``, ``examples_id`` and ``statistics_id`` say what was
                judged.
            exec_properties: ``config``, a `LabelledGateConfig` as JSON; ``key``, what it is called in the
                configuration; ``needed``, of labelled Examples, as JSON the rows of a label that a split needs;
                ``notes_directory``, if what was accepted is to be noted: see `components.data_gate.accepted`.

        Raises:
            DataError: If the data does not pass; the message names every finding and its remedy.
        """
        config = LabelledGateConfig.model_validate_json(exec_properties["config"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        anomalies = {split: reading.read_anomalies(uri) for split, uri in _splits(input_dict["anomalies"]).items()}
        counts = reading.read_counts(examples.uri)
        others: list[gate.Finding] = []
        if needed := exec_properties.get("needed"):
            rows = reading.read_labelled_rows(_splits(input_dict["examples"]))
            others = label_findings(config.labels, collect(rows), json.loads(needed))
        verdict = gate.judge(config, counts, anomalies, others)
        output = artifact_utils.get_single_instance(output_dict["verdict"])
        write_verdict(output.uri, verdict)
        output.set_string_custom_property(KEY, exec_properties["key"])
        output.set_int_custom_property(EXAMPLES_ID, examples.id)
        for statistics in input_dict.get("statistics", []):
            output.set_int_custom_property(STATISTICS_ID, statistics.id)
        if not verdict.accepted:
            seen = {**reading.read_rejected(examples.uri), **_values(input_dict.get("statistics"))}
            raise DataError(gate.refusal(verdict, seen, examples.uri, exec_properties["key"]))
        if directory := exec_properties.get("notes_directory"):
            (statistics,) = input_dict["statistics"]
            note(directory, Accepted(span=examples.span or 0, examples=examples.uri, statistics=statistics.uri))


def _values(statistics: list[types.Artifact] | None) -> dict[tuple[str, str], list[str]]:
    if not statistics:
        return {}
    return {
        (split, feature): values
        for split, uri in _splits(statistics).items()
        for feature, values in reading.read_values(uri).items()
    }


def _splits(artifacts: list[types.Artifact]) -> dict[str, str]:
    artifact = artifact_utils.get_single_instance(artifacts)
    names = artifact_utils.decode_split_names(artifact.split_names)
    return {name: artifact_utils.get_split_uri(artifacts, name) for name in names}
