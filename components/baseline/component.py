"""The Baseline node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.baseline import executor
from components.baseline.config import BaselineConfig
from components.fingerprint import code_fingerprint


class BaselineSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of the Baseline."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "split": component_spec.ExecutionParameter(type=str, optional=True),
        "multi_label": component_spec.ExecutionParameter(type=int, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation)}


class Baseline(base_component.BaseComponent):
    """Trains TF-IDF and a linear model on the same split: what BERT has to beat to be worth its cost."""

    SPEC_CLASS = BaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: BaselineConfig,
        examples: channel.BaseChannel,
        multi_label: bool = False,
        split: str = executor.EVAL_SPLIT,
    ) -> None:
        """Wires the node.

        Args:
            config: The model.
            examples: Raw, labelled Examples.
            multi_label: Whether an example may have several labels, or none.
            split: The one to judge on, which the Evaluator judges on too.
        """
        super().__init__(
            BaselineSpec(
                config=config.model_dump_json(),
                split=split,
                multi_label=int(multi_label),
                code=code_fingerprint("components.baseline.executor"),
                examples=examples,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
            )
        )
