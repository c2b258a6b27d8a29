"""The DataGate node."""

import json
from collections.abc import Mapping

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.data_gate import executor
from components.data_gate.config import DataGateConfig
from components.fingerprint import code_fingerprint


class DataGateSpec(component_spec.ComponentSpec):
    """What goes into a DataGate and what comes out."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "key": component_spec.ExecutionParameter(type=str),
        "needed": component_spec.ExecutionParameter(type=str, optional=True),
        "notes_directory": component_spec.ExecutionParameter(type=str, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=artifacts.DataVerdict)}


class DataGate(base_component.BaseComponent):
    """Stops the run when the data has anomalies, too many unusable rows, or too few rows; warns of doubtful labels.

    ExampleValidator only reports; nodes that must not run on bad data depend on this one.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: DataGateConfig,
        key: str,
        examples: channel.BaseChannel,
        anomalies: channel.BaseChannel,
        statistics: channel.BaseChannel | None = None,
        notes_directory: str | None = None,
        needed: Mapping[str, int] | None = None,
    ) -> None:
        """Builds the node.

        Args:
            config: Limits, and the anomalies to be ignored.
            key: Its key in the configuration, which a refusal names.
            examples: Examples of this project's ExampleGen, with ``counts.json``.
            anomalies: What ExampleValidator found in them.
            statistics: Their statistics; the refusal then shows values that were seen.
            notes_directory: Where to note what was accepted, if ML Metadata cannot be asked for it.
            needed: By split, the rows that a label needs, one if a split is not named; None for texts without labels.
        """
        super().__init__(
            DataGateSpec(
                config=config.model_dump_json(exclude={"tokens"}),
                key=key,
                needed=None if needed is None else json.dumps(dict(needed)),
                notes_directory=notes_directory,
                code=code_fingerprint("components.data_gate.executor"),
                examples=examples,
                anomalies=anomalies,
                statistics=statistics,
                verdict=channel.Channel(type=artifacts.DataVerdict),
            )
        )
