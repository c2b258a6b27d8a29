"""The Evaluator node of a pipeline that only pretrains."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.evaluator import mlm_executor
from components.evaluator.config import MlmEvaluatorConfig
from components.fingerprint import code_fingerprint


class MlmEvaluatorSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of the MlmEvaluator."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=artifacts.MaskedModelBlessing),
    }


class MlmEvaluator(base_component.BaseComponent):
    """Blesses a masked language model, or not, by its held-out perplexity and masked accuracy."""

    SPEC_CLASS = MlmEvaluatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(mlm_executor.Executor)

    def __init__(self, config: MlmEvaluatorConfig, model: channel.BaseChannel, model_run: channel.BaseChannel) -> None:
        """Wires the node.

        Args:
            config: The bounds.
            model: The exported masked language model that is blessed or not.
            model_run: The Pretrainer's run, with its held-out metrics.
        """
        super().__init__(
            MlmEvaluatorSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.evaluator.mlm_executor"),
                model=model,
                model_run=model_run,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=channel.Channel(type=artifacts.MaskedModelBlessing),
            )
        )
