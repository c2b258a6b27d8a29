"""Pushes a TFX Model artifact if it is blessed."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.errors import ConfigError
from components.pusher.config import PusherConfig
from components.pusher.judged import find_source, why_refused
from components.pusher.push import Withdrawn, push
from components.pusher.stale import RECORD_FILE


class Executor(base_executor.BaseExecutor):
    """Writes a PushedModel with the properties of TFX's Pusher, and ``pushed.json``."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes the model, or says why not.

        Args:
            input_dict: ``model``; optionally the blessings of `components.pusher.judged`, and ``evaluation``, whose
                figures go into the manifest.
            output_dict: ``pushed_model``. Custom properties: ``pushed`` (1 or 0); if pushed,
                ``pushed_destination``, ``pushed_version``, ``pushed_new`` (0: the newest version already was
                this model), ``pushed_digest`` and ``current_model_id``; if not, ``reason``, and
                ``withdrawn`` (1: it was rolled back from).
            exec_properties: ``config``, a `PusherConfig` as JSON.

        Raises:
            ConfigError: If there is no destination.
        """
        config = PusherConfig.model_validate_json(exec_properties["config"])
        if config.destination is None:
            raise ConfigError("pusher.destination", "is not set: name the serving directory")
        output = artifact_utils.get_single_instance(output_dict["pushed_model"])
        reason = why_refused(input_dict)
        if reason:
            _refuse(output, reason)
            return
        run_id = (self._context and self._context.pipeline_run_id) or ""
        try:
            pushed = push(find_source(input_dict), config.destination, config.keep, run_id, _metrics(input_dict))
        except Withdrawn as withdrawn:
            _refuse(output, str(withdrawn), withdrawn=True)
            return
        output.set_int_custom_property("pushed", 1)
        output.set_int_custom_property("pushed_new", int(pushed.new))
        output.set_string_custom_property("pushed_destination", pushed.path)
        output.set_string_custom_property("pushed_version", str(pushed.version))
        output.set_string_custom_property("pushed_digest", pushed.digest)
        output.set_int_custom_property("current_model_id", artifact_utils.get_single_instance(input_dict["model"]).id)
        _write_record(
            output.uri,
            {
                "pushed": True,
                "new": pushed.new,
                "path": pushed.path,
                "version": pushed.version,
                "digest": pushed.digest,
            },
        )


def _refuse(output: types.Artifact, reason: str, withdrawn: bool = False) -> None:
    output.set_int_custom_property("pushed", 0)
    output.set_int_custom_property("withdrawn", int(withdrawn))
    output.set_string_custom_property("reason", reason)
    _write_record(output.uri, {"pushed": False, "withdrawn": withdrawn, "reason": reason})


def _metrics(input_dict: dict[str, list[types.Artifact]]) -> dict[str, float]:
    """The figures of the evaluation that are single numbers."""
    if not input_dict.get("evaluation"):
        return {}
    with fileio.open(f"{artifact_utils.get_single_uri(input_dict['evaluation'])}/metrics.json") as file:
        found = json.loads(file.read())
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


def _write_record(uri: str, content: dict[str, object]) -> None:
    fileio.makedirs(uri)
    with fileio.open(f"{uri}/{RECORD_FILE}", "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2))
