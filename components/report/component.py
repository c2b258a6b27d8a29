"""Report: the last node; everything that was measured, in one place."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.report import executor

_OPTIONAL = {
    "corpus_tokens": artifacts.TokenStatistics,
    "tokens": artifacts.TokenStatistics,
    "pretrainer_run": standard_artifacts.ModelRun,
    "mlm_evaluation": standard_artifacts.ModelEvaluation,
    "trainer_run": standard_artifacts.ModelRun,
    "baseline": standard_artifacts.ModelEvaluation,
    "evaluation": standard_artifacts.ModelEvaluation,
    "pushed_model": standard_artifacts.PushedModel,
    "pushed_fill_mask": standard_artifacts.PushedModel,
}


class ReportSpec(component_spec.ComponentSpec):
    """Report's inputs, all optional, and its output."""

    PARAMETERS = {
        "name": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {key: component_spec.ChannelParameter(type=kind, optional=True) for key, kind in _OPTIONAL.items()}
    OUTPUTS = {"report": component_spec.ChannelParameter(type=artifacts.Report)}


class Report(base_component.BaseComponent):
    """Writes ``report.txt`` and ``figures.svg`` from what the nodes before it measured."""

    SPEC_CLASS = ReportSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, name: str, **measured: channel.BaseChannel | None) -> None:
        """Takes the channels that there are.

        Args:
            name: The pipeline's name, the report's title.
            **measured: ``corpus_tokens``, ``tokens``, ``pretrainer_run``, ``mlm_evaluation``, ``trainer_run``,
                ``baseline``, ``evaluation``, ``pushed_model``, ``pushed_fill_mask``: each a channel, or None where the
                DAG has no such node.
        """
        super().__init__(
            ReportSpec(
                name=name,
                code=code_fingerprint("components.report.executor"),
                report=channel.Channel(artifacts.Report),
                **{key: value for key, value in measured.items() if value is not None},
            )
        )
