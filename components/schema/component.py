"""The Schema node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.schema import executor


class SchemaSpec(component_spec.ComponentSpec):
    """Output and parameter of the Schema."""

    PARAMETERS = {"text": component_spec.ExecutionParameter(type=str)}
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"schema": component_spec.ChannelParameter(type=standard_artifacts.Schema)}


class Schema(base_component.BaseComponent):
    """Takes a schema into the pipeline.

    TFX's importer and ``ImportSchemaGen`` read a file when the node runs, where it runs; this one carries the text, so
    that an edited schema is another artifact, and that no file has to be where the node runs.
    """

    SPEC_CLASS = SchemaSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(self, text: str) -> None:
        """Builds the node.

        Args:
            text: A ``tensorflow.metadata.v0.Schema`` in protobuf's text format.
        """
        super().__init__(SchemaSpec(text=text, schema=channel.Channel(type=standard_artifacts.Schema)))
