"""The Pusher node."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.fingerprint import code_fingerprint
from components.pusher import executor
from components.pusher.config import PusherConfig

# What may stand between a model and those who push it; HubPusher takes the same.
BLESSINGS = {
    "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing, optional=True),
    "masked_model_blessing": component_spec.ChannelParameter(type=artifacts.MaskedModelBlessing, optional=True),
    "infra_blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing, optional=True),
    "infra_validation": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing, optional=True),
}


class PusherSpec(component_spec.ComponentSpec):
    """What goes into a Pusher and what comes out."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        **BLESSINGS,
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class Pusher(base_component.BaseComponent):
    """Publishes a blessed model to a serving directory.

    A model that is not blessed is no error here: nothing is pushed, and the PushedModel says why.

    A cached Pusher does nothing, even if its serving directory was emptied by hand: call
    `components.pusher.stale.forget_stale_pushes` before a run, and it runs again.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        config: PusherConfig,
        model: channel.BaseChannel,
        model_blessing: channel.BaseChannel | None = None,
        masked_model_blessing: channel.BaseChannel | None = None,
        infra_blessing: channel.BaseChannel | None = None,
        infra_validation: channel.BaseChannel | None = None,
        evaluation: channel.BaseChannel | None = None,
    ) -> None:
        """Builds the node.

        Args:
            config: The destination, which must be set, and how many versions stay.
            model: The Model to push.
            model_blessing: The Evaluator's decision about a classifier; without it the model counts as blessed.
            masked_model_blessing: The MlmEvaluator's about a masked language model; likewise.
            infra_blessing: ServableCheck's decision, with the copy of the model that has a warm-up.
            infra_validation: TFX's InfraValidator's decision.
            evaluation: Whose figures go into the manifest.
        """
        super().__init__(
            PusherSpec(
                config=config.model_dump_json(),
                code=code_fingerprint("components.pusher.executor"),
                model=model,
                model_blessing=model_blessing,
                masked_model_blessing=masked_model_blessing,
                infra_blessing=infra_blessing,
                infra_validation=infra_validation,
                evaluation=evaluation,
                pushed_model=channel.Channel(type=standard_artifacts.PushedModel),
            )
        )
