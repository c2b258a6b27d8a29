"""The ExampleValidator node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.example_validator import executor
from components.fingerprint import code_fingerprint


class ExampleValidatorSpec(component_spec.ComponentSpec):
    """The stock spec's inputs and output, and the statistics of before."""

    PARAMETERS = {
        "accepted_directory": component_spec.ExecutionParameter(type=str, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "previous_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
    }
    OUTPUTS = {"anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies)}


class ExampleValidator(base_component.BaseComponent):
    """Finds anomalies: what the schema does not allow, drift from the data of before, skew between the splits.

    A feature drifts or is skewed where the schema's ``drift_comparator`` or ``skew_comparator`` says so: drift is
    between a split and the same split of the data that passed the gate last, skew between ``train`` and ``eval``.
    """

    SPEC_CLASS = ExampleValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        statistics: channel.BaseChannel,
        schema: channel.BaseChannel,
        previous_statistics: channel.BaseChannel | None = None,
        accepted_directory: str | None = None,
    ) -> None:
        """Wires the node.

        Args:
            statistics: Of the data to validate.
            schema: What is allowed.
            previous_statistics: Those of the data that passed the gate last, from a resolver.
            accepted_directory: Where the gate has noted them, if there is no resolver. With neither nothing drifts.
        """
        super().__init__(
            ExampleValidatorSpec(
                accepted_directory=accepted_directory,
                code=code_fingerprint("components.example_validator.executor"),
                statistics=statistics,
                schema=schema,
                previous_statistics=previous_statistics,
                anomalies=channel.Channel(type=standard_artifacts.ExampleAnomalies),
            )
        )
