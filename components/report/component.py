"""Report: the last node; everything that was measured, in one place."""

import json
from collections.abc import Mapping

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.report import executor
from components.report.collecting import DATA, SERVED
from components.report.names import STOPPED

_DATA = {
    "examples": standard_artifacts.Examples,
    "statistics": standard_artifacts.ExampleStatistics,
    "verdict": artifacts.DataVerdict,
    "tokens": artifacts.TokenStatistics,
    "token_verdict": artifacts.DataVerdict,
}
_SERVED = {"check": standard_artifacts.InfraBlessing, "pushed": standard_artifacts.PushedModel}
_OPTIONAL = {
    **{f"{prefix}_{key}": kind for prefix in DATA for key, kind in _DATA.items()},
    "pretrainer_run": standard_artifacts.ModelRun,
    "mlm_evaluation": standard_artifacts.ModelEvaluation,
    "trainer_run": standard_artifacts.ModelRun,
    "baseline": standard_artifacts.ModelEvaluation,
    "evaluation": standard_artifacts.ModelEvaluation,
    **{f"{prefix}_{key}": kind for prefix in SERVED for key, kind in _SERVED.items()},
}


class ReportSpec(component_spec.ComponentSpec):
    """Report's inputs, all optional, and its output."""

    PARAMETERS = {
        "name": component_spec.ExecutionParameter(type=str),
        "config": component_spec.ExecutionParameter(type=str),
        "origins": component_spec.ExecutionParameter(type=str),
        "tf_serving": component_spec.ExecutionParameter(type=str),
        STOPPED: component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {key: component_spec.ChannelParameter(type=kind, optional=True) for key, kind in _OPTIONAL.items()}
    OUTPUTS = {"report": component_spec.ChannelParameter(type=artifacts.Report)}


class Report(base_component.BaseComponent):
    """Writes ``report.html``, one file that needs nothing beside it, and ``model_card.md``."""

    SPEC_CLASS = ReportSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        name: str,
        config: str,
        origins: Mapping[str, list[str]],
        tf_serving: str,
        measured: Mapping[str, channel.BaseChannel],
    ) -> None:
        """Takes the channels that there are.

        Args:
            name: The pipeline's name, the report's title.
            config: The whole configuration, as YAML.
            origins: For ``corpus`` and ``labelled``, in words where the texts come from.
            tf_serving: The version of TF Serving that the models are for.
            measured: By the keys of `ReportSpec.INPUTS`; those that the DAG does not have are left out.
        """
        super().__init__(
            ReportSpec(
                name=name,
                config=config,
                origins=json.dumps(dict(origins), ensure_ascii=False),
                tf_serving=tf_serving,
                **{STOPPED: ""},
                code=code_fingerprint("components.report.executor"),
                report=channel.Channel(artifacts.Report),
                **measured,
            )
        )
