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
        "multi_label": component_spec.ExecutionParameter(type=int),
        "serving_directory": component_spec.ExecutionParameter(type=str, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "blessed_model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
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
        blessed_model: channel.BaseChannel | None = None,
        baseline: channel.BaseChannel | None = None,
        multi_label: bool = False,
        serving_directory: str | None = None,
    ) -> None:
        """Wires the node.

        Args:
            config: What is demanded.
            examples: Raw, labelled Examples.
            model: From the Trainer.
            blessed_model: The last blessed one, if there is one; None if the two are not to be compared, or if
                ``serving_directory`` has it.
            baseline: The Baseline's evaluation; None if the DAG has no Baseline.
            multi_label: Whether an example may have several labels or none.
            serving_directory: Whose newest version is the last blessed model, where no metadata can be asked for it.
        """
        super().__init__(
            EvaluatorSpec(
                config=config.model_dump_json(),
                multi_label=int(multi_label),
                serving_directory=serving_directory,
                code=code_fingerprint("components.evaluator.executor"),
                examples=examples,
                model=model,
                blessed_model=blessed_model,
                baseline=baseline,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
