"""May a model be pushed, and which copy of it?"""

from tfx import types
from tfx.types import artifact_utils
from tfx.utils import path_utils

Inputs = dict[str, list[types.Artifact]]

_JUDGES = {
    "model_blessing": "the Evaluator",
    "masked_model_blessing": "the MlmEvaluator",
    "infra_blessing": "ServableCheck",
    "infra_validation": "InfraValidator",
}


def why_refused(inputs: Inputs) -> str:
    """Why nothing may be pushed; empty if it may.

    Args:
        inputs: Any of ``model_blessing``, ``masked_model_blessing``, ``infra_blessing`` (ServableCheck's) and
            ``infra_validation`` (TFX's InfraValidator's).
    """
    for key, judge in _JUDGES.items():
        for blessing in inputs.get(key, []):
            if blessing.get_int_custom_property("blessed") != 1:
                return f"not blessed by {judge}"
    return ""


def find_source(inputs: Inputs) -> str:
    """The SavedModel to push: ServableCheck's copy with a warm-up, if there is one, or else the model.

    Args:
        inputs: ``model``, and perhaps ``infra_blessing``.
    """
    for checked in inputs.get("infra_blessing", []):
        if checked.get_int_custom_property("has_model"):
            return path_utils.stamped_model_path(checked.uri)
    return path_utils.serving_model_path(artifact_utils.get_single_uri(inputs["model"]))
