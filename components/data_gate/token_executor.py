"""Runs the token gate on TFX artifacts."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.data_gate import gate, token_gate
from components.data_gate.config import TokenLimits
from components.data_gate.verdict_file import write_verdict
from components.errors import DataError
from components.token_statistics.statistics import read_statistics


class Executor(base_executor.BaseExecutor):
    """Writes ``verdict.json``, and fails if the tokenizer does not fit the texts."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Judges token statistics.

        Args:
            input_dict: ``statistics``.
            output_dict: ``verdict``.
            exec_properties: ``limits``, a `TokenLimits` as JSON; ``key``, the gate's key in the configuration;
                ``settings``, as JSON, keys that have an effect on tokens.

        Raises:
            DataError: If a limit does not hold; the message names every finding and its remedy.
        """
        uri = artifact_utils.get_single_uri(input_dict["statistics"])
        statistics = read_statistics(uri)
        verdict = token_gate.judge(TokenLimits.model_validate_json(exec_properties["limits"]), statistics)
        write_verdict(artifact_utils.get_single_uri(output_dict["verdict"]), verdict)
        if not verdict.accepted:
            settings = json.loads(exec_properties.get("settings", "[]"))
            seen = token_gate.examples(statistics)
            raise DataError(gate.refusal(verdict, seen, uri, exec_properties["key"], settings))
