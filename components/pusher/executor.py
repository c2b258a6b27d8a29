"""Pushes a TFX Model artifact if it is blessed."""

import json
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.errors import ConfigError
from components.pusher.config import PusherConfig
from components.pusher.push import push
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
            input_dict: ``model``; optionally ``model_blessing`` and ``infra_blessing``, whose copy of the
                model, with its warm-up, is preferred.
            output_dict: ``pushed_model``. Custom properties: ``pushed`` (1 or 0); if pushed,
                ``pushed_destination``, ``pushed_version``, ``pushed_new`` (0: the newest version already was
                this model) and ``pushed_digest``; if not, ``reason``.
            exec_properties: ``config``, a `PusherConfig` as JSON.

        Raises:
            ConfigError: If there is no destination.
        """
        config = PusherConfig.model_validate_json(exec_properties["config"])
        if config.destination is None:
            raise ConfigError("pusher.destination", "is not set: name the serving directory")
        output = artifact_utils.get_single_instance(output_dict["pushed_model"])
        reason = _refusal(input_dict)
        if reason:
            output.set_int_custom_property("pushed", 0)
            output.set_string_custom_property("reason", reason)
            _write_record(output.uri, {"pushed": False, "reason": reason})
            return
        source = _source(input_dict)
        model_uri = artifact_utils.get_single_uri(input_dict["model"])
        pushed = push(source, Path(config.destination).absolute(), config.keep, facts={"model": model_uri})
        output.set_int_custom_property("pushed", 1)
        output.set_int_custom_property("pushed_new", int(pushed.new))
        output.set_string_custom_property("pushed_destination", str(pushed.path))
        output.set_string_custom_property("pushed_version", str(pushed.version))
        output.set_string_custom_property("pushed_digest", pushed.digest)
        _write_record(
            output.uri,
            {
                "pushed": True,
                "new": pushed.new,
                "path": str(pushed.path),
                "version": pushed.version,
                "digest": pushed.digest,
            },
        )


def _refusal(input_dict: dict[str, list[types.Artifact]]) -> str:
    """Why nothing may be pushed; empty if it may."""
    if input_dict.get("model_blessing"):
        blessing = artifact_utils.get_single_instance(input_dict["model_blessing"])
        if not model_utils.is_model_blessed(blessing):
            return f"not blessed by the Evaluator: {blessing.uri}"
    if input_dict.get("infra_blessing"):
        blessing = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        if not model_utils.is_infra_validated(blessing):
            return f"not blessed by ServableCheck: {blessing.uri}"
    return ""


def _source(input_dict: dict[str, list[types.Artifact]]) -> Path:
    if input_dict.get("infra_blessing"):
        checked = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        if checked.get_int_custom_property("has_model"):
            return Path(path_utils.stamped_model_path(checked.uri))
    return Path(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["model"])))


def _write_record(uri: str, content: dict[str, object]) -> None:
    fileio.makedirs(uri)
    with fileio.open(f"{uri}/{RECORD_FILE}", "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2))
