"""The ServableCheck node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.fingerprint import code_fingerprint
from components.servable_check import executor
from components.servable_check.config import ServableCheckConfig


class ServableCheckSpec(component_spec.ComponentSpec):
    """What goes into a ServableCheck and what comes out."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing)}


class ServableCheck(base_component.BaseComponent):
    """InfraValidator's work without Docker: loads the model as a server would, asks it, writes its warm-up.

    A model that fails is not blessed, and so not pushed.
    """

    SPEC_CLASS = ServableCheckSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: ServableCheckConfig,
        model: channel.BaseChannel,
        examples: channel.BaseChannel | None = None,
    ) -> None:
        """Builds the node.

        Args:
            config: How the model is tried.
            model: A Model with a SavedModel of the signature ``serving_default`` (a classifier) or
                ``fill_mask`` (a masked language model), or both.
            examples: Raw Examples, whose texts become the warm-up; without them none is written.
        """
        super().__init__(
            ServableCheckSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.servable_check.executor", "components.servable_check.probe"),
                model=model,
                examples=examples,
                blessing=channel.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
