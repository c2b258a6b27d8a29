"""The stock ExampleValidator's Do, with what the schema's drift and skew comparators compare."""

from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import types
from tfx.components.example_validator import executor
from tfx.components.example_validator.labels import SCHEMA_DIFF_PATH
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.components.util.value_utils import GetSoleValue
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils, standard_artifacts

from components import files
from components.data_gate.accepted import recall

TRAIN_SPLIT, EVAL_SPLIT = "train", "eval"


class Executor(executor.Executor):
    """Validates each split's statistics; the stock executor knows neither spans before nor other splits."""

    def __init__(self, context: base_executor.BaseExecutor.Context | None = None) -> None:
        """Nothing is compared until `Do` says with what.

        Args:
            context: The base class'.
        """
        super().__init__(context)
        self._now: list[types.Artifact] = []
        self._before: list[types.Artifact] = []

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> Any:
        """See the base class.

        Args:
            input_dict: ``statistics``, ``schema``, and, if there are any, ``previous_statistics``: those of the data
                that passed the gate last.
            output_dict: ``anomalies``.
            exec_properties: ``accepted_directory``, if nothing can be in ``previous_statistics``: see
                `components.data_gate.accepted`.
        """
        self._now, self._before = input_dict["statistics"], input_dict.get("previous_statistics", [])
        if directory := exec_properties.get("accepted_directory"):
            self._before = _accepted_before(artifact_utils.get_single_instance(self._now), directory)
        return super().Do(input_dict, output_dict, exec_properties)

    def _Validate(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> anomalies_pb2.Anomalies:
        """Validates one split, whose name ends the folder of the output."""
        folder = GetSoleValue(outputs, SCHEMA_DIFF_PATH)
        split = folder.rpartition("Split-")[2]
        anomalies = tfdv.validate_statistics(
            statistics=GetSoleValue(inputs, "statistics"),
            schema=GetSoleValue(inputs, "schema"),
            previous_statistics=_of_split(self._before, split),
            serving_statistics=_of_split(self._now, EVAL_SPLIT) if split == TRAIN_SPLIT else None,
        )
        executor.writer_utils.write_anomalies(f"{folder}/{executor.DEFAULT_FILE_NAME}", anomalies)
        return anomalies


def _accepted_before(now: types.Artifact, directory: str) -> list[types.Artifact]:
    """The statistics that were accepted last, other than those at hand; of data in spans, those of another span."""
    others = [one.statistics for one in recall(directory) if one.statistics != now.uri and one.span != (now.span or -1)]
    last = next(filter(files.is_folder, reversed(others)), None)
    if last is None:
        return []
    before = standard_artifacts.ExampleStatistics()
    before.uri = last
    splits = [name.removeprefix("Split-") for name in files.list_folders(before.uri)]
    before.split_names = artifact_utils.encode_split_names(splits)
    return [before]


def _of_split(artifacts: list[types.Artifact], split: str) -> Any:
    for artifact in artifacts:
        if split in artifact_utils.decode_split_names(artifact.split_names):
            return stats_artifact_utils.load_statistics(artifact, split).proto()
    return None
