"""The MlmEvaluator's Do: the Pretrainer's held-out figures in, a blessing out."""

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.errors import DataError
from components.evaluator import results
from components.evaluator.blessing import write_blessing
from components.evaluator.config import MlmEvaluatorConfig
from components.evaluator.gates import judge_mlm

METRICS = ("loss", "perplexity", "masked_accuracy")


class Executor(base_executor.BaseExecutor):
    """Holds perplexity and masked accuracy against their bounds."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``model``: the exported masked language model; ``model_run``: its ``metrics.json``.
            output_dict: ``evaluation``: ``metrics.json`` and ``verdict.json``; ``blessing``.
            exec_properties: ``config``: an `MlmEvaluatorConfig` as JSON.
        """
        config = MlmEvaluatorConfig.model_validate_json(exec_properties["config"])
        run = artifact_utils.get_single_uri(input_dict["model_run"])
        output = artifact_utils.get_single_uri(output_dict["evaluation"])
        found = results.read_raw_metrics(run)
        missing = [name for name in METRICS if name not in found]
        if missing:
            raise DataError(f"{run}/{results.METRICS_FILE} lacks {', '.join(missing)}: pretrain again")
        metrics = {name: float(found[name]) for name in METRICS}
        verdict = judge_mlm(metrics["perplexity"], metrics["masked_accuracy"], config)
        results.write_metrics(output, metrics)
        results.write_verdict(output, verdict)
        write_blessing(
            artifact_utils.get_single_instance(output_dict["blessing"]),
            artifact_utils.get_single_instance(input_dict["model"]),
            verdict,
        )
