"""The Evaluator node of a classifier."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.evaluator import executor
from components.evaluator.config import EvaluatorConfig
from components.fingerprint import code_fingerprint


class EvaluatorSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of the Evaluator."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "baseline": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class Evaluator(base_beam_component.BaseBeamComponent):
    """Judges a classifier on raw text through the signature that is served, and blesses it or not."""

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        config: EvaluatorConfig,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        baseline: channel.BaseChannel | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: The bounds.
            examples: Raw, labelled Examples.
            model: From the Trainer.
            baseline: The Baseline's evaluation; None if the DAG has no Baseline.
        """
        super().__init__(
            EvaluatorSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.evaluator.executor"),
                examples=examples,
                model=model,
                baseline=baseline,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
