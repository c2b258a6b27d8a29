"""Do of HubPusher: a blessed model in, a directory or a commit out."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components import files
from components.hub_pusher.config import HuggingFaceConfig
from components.hub_pusher.publishing import assemble, replace_directory, upload
from components.pusher.judged import find_source, why_refused
from components.report.names import CARD
from components.trainer.executor import TUNED_ENCODER

RECORD_FILE = "published.json"


class Executor(base_executor.BaseExecutor):
    """Publishes what Pusher would push, with the encoder that it was made of."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``model``, ``backbone``, ``tokenizer``, ``report``; optionally ``model_run`` of a Trainer, whose
                tuned encoder is taken if it has one, the blessings that Pusher takes, and what Pusher made of them: a
                model that was rolled back from is not published either.
            output_dict: ``published``: ``published.json``. Custom properties: ``pushed`` (1 or 0), ``pushed_new`` and
                ``pushed_destination``; or ``reason``.
            exec_properties: ``config``, a `HuggingFaceConfig` as JSON.

        Raises:
            ConfigError: If the Hub refuses it.
        """
        config = HuggingFaceConfig.model_validate_json(exec_properties["config"])
        output = artifact_utils.get_single_instance(output_dict["published"])
        reason = why_refused(input_dict) or _why_not_pushed(input_dict)
        places = [] if reason else self._publish(config, input_dict)
        output.set_int_custom_property("pushed", int(bool(places)))
        output.set_int_custom_property("pushed_new", int(bool(places)))
        output.set_string_custom_property("pushed_destination", ", ".join(places))
        output.set_string_custom_property("reason", reason)
        fileio.makedirs(output.uri)
        with fileio.open(f"{output.uri}/{RECORD_FILE}", "w") as file:
            file.write(json.dumps({"places": places, "reason": reason}, ensure_ascii=False, indent=2))

    def _publish(self, config: HuggingFaceConfig, input_dict: dict[str, list[types.Artifact]]) -> list[str]:
        beside = Path(config.directory).parent if config.directory else None
        if beside:
            beside.mkdir(parents=True, exist_ok=True)
        places = []
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=beside) as folder:
            assembled = Path(folder) / "model"
            report = artifact_utils.get_single_uri(input_dict["report"])
            with fileio.open(f"{report}/{CARD}") as file:
                card = file.read()
            tokenizer = artifact_utils.get_single_uri(input_dict["tokenizer"])
            assemble(assembled, _encoder(input_dict), tokenizer, find_source(input_dict), card)
            if config.repo:
                run_id = (self._context and self._context.pipeline_run_id) or "a run"
                places.append(upload(assembled, config.repo, config.private, f"tfx-bert, {run_id}"))
            if config.directory:
                replace_directory(assembled, Path(config.directory))
                places.append(config.directory)
        return places


def _why_not_pushed(input_dict: dict[str, list[types.Artifact]]) -> str:
    for pushed in input_dict.get("pushed_model", []):
        if not pushed.get_int_custom_property("pushed"):
            return pushed.get_string_custom_property("reason")
    return ""


def _encoder(input_dict: dict[str, list[types.Artifact]]) -> str:
    for run in input_dict.get("model_run", []):
        if files.is_folder(f"{run.uri}/{TUNED_ENCODER}"):
            return f"{run.uri}/{TUNED_ENCODER}"
    return artifact_utils.get_single_uri(input_dict["backbone"])
