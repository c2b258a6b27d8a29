"""The Window node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.fingerprint import code_fingerprint
from components.window import executor


class WindowSpec(component_spec.ComponentSpec):
    """What goes into a Window and what comes out."""

    PARAMETERS = {
        "spans": component_spec.ExecutionParameter(type=int),
        "branch": component_spec.ExecutionParameter(type=str),
        "accepted_directory": component_spec.ExecutionParameter(type=str, optional=True),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "current": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "earlier": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class Window(base_component.BaseComponent):
    """Joins the examples of a span with those of earlier spans that passed the gate, split by split.

    Files are copied as they are: nothing is read, so it costs what copying costs. Output: ``examples``, with
    ``counts.json`` and ``rejected.jsonl`` as ExampleGen writes them, and ``window.json``: the spans.
    """

    SPEC_CLASS = WindowSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        spans: int,
        current: channel.BaseChannel,
        earlier: channel.BaseChannel | None = None,
        accepted_directory: str | None = None,
        branch: str = "labelled",
    ) -> None:
        """Wires the node.

        Args:
            spans: How many are joined at most, the current one included.
            current: Examples of ExampleGen that passed the gate.
            earlier: Those of the spans before, from a resolver.
            accepted_directory: Where the gate has noted them, if there is no resolver.
            branch: The section of the configuration that errors name.
        """
        super().__init__(
            WindowSpec(
                spans=spans,
                accepted_directory=accepted_directory,
                branch=branch,
                code=code_fingerprint("components.window.executor"),
                current=current,
                earlier=earlier,
                examples=channel.Channel(type=standard_artifacts.Examples),
            )
        )
