"""The Evaluator's Do: a served model and raw Examples in, metrics, a verdict and a blessing out."""

from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.evaluator import results
from components.evaluator.asking import Ask, gives_several_labels
from components.evaluator.blessing import write_blessing
from components.evaluator.comparing import Comparison, compare
from components.evaluator.config import EvaluatorConfig
from components.evaluator.gates import judge
from components.evaluator.measuring import measure, measure_slices
from components.evaluator.slices import LABEL, TEXT_LENGTH, UNKNOWN_TOKENS
from components.evaluator.tfma_results import WriteResults
from components.examples import COLUMN, read_records, split_files
from components.predictions import FOLDER, Predictions, read_predictions, write_labels
from components.pusher.push import newest_other
from components.trainer.labels import read_labels

_BATCH = 4096
_OTHER_KIND = {
    True: "the last blessed model gives a text one label and this one several: the two are not compared",
    False: "the last blessed model may give a text several labels and this one gives one: the two are not compared",
}


class Executor(base_beam_executor.BaseBeamExecutor):
    """Asks the model, and the last blessed one, on Beam; measures the answers; runs TFMA on them, then the gates.

    The stock Evaluator was not enough: without thresholds it writes no blessing at all, it reads up to 1,000 texts a
    batch (at 512 tokens the attention weights of one layer alone are then 12 GB), its change thresholds know no chance
    and do not apply to the first run, and it has no input for a baseline.
    """

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples`` (raw, labelled), ``model``, and if they are in the DAG ``blessed_model`` (one or
                none) and ``baseline``.
            output_dict: ``evaluation``: ``predictions/`` (see `components.predictions`), TFMA's files of a single-label
                classifier, ``metrics.json``, ``slices.json``, ``comparisons.json`` and ``verdict.json``; ``blessing``.
            exec_properties: ``config``: an `EvaluatorConfig` as JSON; ``multi_label``: 1 if an example may have several
                labels; ``serving_directory``, if there is no ``blessed_model``: where pushed models are.
        """
        config = EvaluatorConfig.model_validate_json(exec_properties["config"])
        multi_label = bool(exec_properties.get("multi_label"))
        model = artifact_utils.get_single_instance(input_dict["model"])
        output = artifact_utils.get_single_uri(output_dict["evaluation"])
        files = split_files(artifact_utils.get_split_uri(input_dict["examples"], config.split))
        candidate = path_utils.serving_model_path(model.uri)
        other = _last_blessed(input_dict, exec_properties.get("serving_directory"), candidate)
        incomparable = ""
        if other and gives_several_labels(other) != multi_label:
            other, incomparable = None, _OTHER_KIND[multi_label]
        slices = [*([] if multi_label else [LABEL]), TEXT_LENGTH, UNKNOWN_TOKENS]
        slices += [COLUMN + column for column in config.slice_columns]
        models = {FOLDER: candidate, "blessed_predictions": other} if other else {FOLDER: candidate}
        known = read_labels(candidate)
        unseen = sorted(_labels_of(files) - {*known})  # no model could learn them, so their rows are wrong
        self._ask(models, [*known, *unseen], files, output, slices, multi_label, config)
        predictions = read_predictions(f"{output}/{FOLDER}", slices)
        metrics = measure(predictions, config.top_k).model_copy(update={"unseen_labels": unseen})
        blessed = _compare(predictions, f"{output}/blessed_predictions", config, other) if other else None
        baseline = input_dict.get("baseline")
        beside = (
            _compare(predictions, f"{baseline[0].uri}/{FOLDER}", config, baseline[0].uri, True) if baseline else None
        )
        verdict = judge(metrics, blessed, beside, config, incomparable)
        changes = {"label_changes": blessed.changes.model_dump()} if blessed else {}
        results.write_metrics(output, metrics.model_dump() | changes)
        results.write_slices(output, measure_slices(predictions))
        results.write_comparisons(output, {"blessed": blessed, "baseline": beside})
        results.write_verdict(output, verdict)
        write_blessing(artifact_utils.get_single_instance(output_dict["blessing"]), model, verdict)

    def _ask(
        self,
        models: dict[str, str],
        labels_of_first: list[str],
        files: list[str],
        output: str,
        slices: list[str],
        multi_label: bool,
        config: EvaluatorConfig,
    ) -> None:
        """Writes the answers of each model into its folder, and TFMA's results for the first."""
        with self._make_beam_pipeline() as pipeline:
            examples = pipeline | beam.Create(files) | beam.io.ReadAllFromTFRecord()
            for folder, saved_model in models.items():
                labels = labels_of_first if folder == FOLDER else read_labels(saved_model)
                write_labels(f"{output}/{folder}", labels, multi_label)
                asked_for = tuple(slices) if folder == FOLDER else ()
                rows = examples | f"Ask/{folder}" >> Ask(saved_model, labels, config.batch_size, asked_for)
                _ = rows | f"Write/{folder}" >> beam.io.WriteToTFRecord(
                    f"{output}/{folder}/rows", file_name_suffix=".gz"
                )
                if folder == FOLDER and not multi_label:
                    _ = rows | WriteResults(output, len(labels), slices, config.batch_size)


def _last_blessed(
    input_dict: dict[str, list[types.Artifact]], serving_directory: str | None, candidate: str
) -> str | None:
    """The other SavedModel; none if it would be the candidate itself, which a run that repeats another judges again."""
    if serving_directory:
        return newest_other(serving_directory, candidate)
    others = [path_utils.serving_model_path(one.uri) for one in input_dict.get("blessed_model", [])]
    return next((other for other in others if other != candidate), None)


def _compare(
    predictions: Predictions, folder: str, config: EvaluatorConfig, uri: str, certain: bool = False
) -> Comparison:
    found = compare(
        predictions,
        read_predictions(folder),
        config.compared_metric,
        config.confidence,
        config.resamples,
        gives_probabilities=not certain,
    )
    return found.model_copy(update={"uri": uri})


def _labels_of(files: list[str]) -> set[str]:
    """The labels that rows have."""
    spec = {"label": tf.io.RaggedFeature(tf.string)}
    parts = (tf.io.parse_example(rows, spec)["label"] for rows in read_records(files).batch(_BATCH))
    return {label.decode("utf-8", "replace") for part in parts for label in {*part.flat_values.numpy()}}
