"""The Evaluator's Do: a served model and raw Examples in, metrics and a blessing out."""

from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.util import tfxio_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.evaluator import multi_label, results, tfma_results
from components.evaluator.blessing import write_blessing
from components.evaluator.config import EvaluatorConfig
from components.evaluator.eval_config import make_eval_config
from components.evaluator.gates import judge
from components.examples import split_files
from components.metrics import ClassificationMetrics
from components.trainer.labels import read_labels


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs TFMA on Beam, or asks a multi-label model itself, then the gates.

    The stock Evaluator was not enough: without thresholds it writes no blessing at all, it reads up to 1,000
    texts a batch (at 512 tokens the attention weights of one layer alone are then 12 GB), it cannot know the
    classes when the DAG is built, and it has no input for a baseline.
    """

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples`` (raw, labelled), ``model``, and if it is in the DAG ``baseline``.
            output_dict: ``evaluation``: TFMA's files if it ran, ``metrics.json`` and ``verdict.json``; ``blessing``.
            exec_properties: ``config``: an `EvaluatorConfig` as JSON.
        """
        config = EvaluatorConfig.model_validate_json(exec_properties["config"])
        model = artifact_utils.get_single_instance(input_dict["model"])
        output = artifact_utils.get_single_uri(output_dict["evaluation"])
        saved_model = path_utils.serving_model_path(model.uri)
        metrics = self._metrics(input_dict["examples"], saved_model, output, config)
        baseline = results.read_metrics(input_dict["baseline"][0].uri) if input_dict.get("baseline") else None
        verdict = judge(metrics, baseline, config)
        results.write_metrics(output, metrics.model_dump())
        results.write_verdict(output, verdict)
        write_blessing(artifact_utils.get_single_instance(output_dict["blessing"]), model, verdict)

    def _metrics(
        self, examples: list[types.Artifact], saved_model: str, output: str, config: EvaluatorConfig
    ) -> ClassificationMetrics:
        labels = read_labels(saved_model)
        if multi_label.is_multi_label(saved_model):
            files = split_files(artifact_utils.get_split_uri(examples, config.split))
            return multi_label.judge_files(tf.saved_model.load(saved_model), files, labels, config.batch_size)
        self._analyze(examples, saved_model, output, config)
        return tfma_results.overall_metrics(output, labels)

    def _analyze(self, examples: list[types.Artifact], saved_model: str, output: str, config: EvaluatorConfig) -> None:
        eval_config = make_eval_config()
        shared_model = tfma.default_eval_shared_model(saved_model, eval_config=eval_config)
        source = tfxio_utils.get_split_tfxio(
            examples, config.split, ["Evaluator"], raw_record_column_name=tfma.constants.ARROW_INPUT_COLUMN
        )
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Read" >> source.BeamSource(config.batch_size)
                | "Evaluate"
                >> tfma.ExtractEvaluateAndWriteResults(
                    eval_config=eval_config, eval_shared_model=shared_model, output_path=output
                )
            )
