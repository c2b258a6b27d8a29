"""Finds the classifier that was blessed last, other than those at hand."""

from collections.abc import Iterator

import ml_metadata as mlmd
from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.utils import path_utils

from components import files
from components.pusher.push import withdrawn_models
from components.trainer.labels import LABELS_FILE
from components.trainer.warm_start import FEATURES_ID

JUDGED = constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY


class LastBlessed(ResolverStrategy):
    """TFX's LatestBlessedModelStrategy without the candidate, and without models of the same features.

    A run that repeats another judges a model that may be the last blessed one itself, and would begin with it. With
    these left out it takes what it took before, and so Trainer and Evaluator come from the cache. Models that cannot be
    served are left out too, those that were rolled back from, and those whose files were removed.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """See the base class.

        Args:
            store: Not asked.
            input_dict: ``model``: all models; ``blessing``: all blessings of classifiers; ``checked``: what
                ServableCheck said of models; ``pushed``: what Pusher did with them; ``candidate``: the model to be
                judged, or ``features``: what is to be trained on.

        Returns:
            The same keys: ``model`` and ``blessing`` with one artifact, or none if nothing was blessed yet.
        """
        left_out = {artifact.id for artifact in input_dict.get("candidate", [])}
        features = {artifact.id for artifact in input_dict.get("features", [])}
        left_out |= {
            model.id for model in input_dict["model"] if model.get_int_custom_property(FEATURES_ID) in features
        }
        left_out |= {
            check.get_int_custom_property(JUDGED)
            for check in input_dict["checked"]
            if not check.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
        }
        left_out |= set(_withdrawn(input_dict["pushed"]))
        models = {artifact.id: artifact for artifact in input_dict["model"] if _is_classifier(artifact.uri)}
        for blessing in sorted(input_dict["blessing"], key=lambda artifact: artifact.id, reverse=True):
            judged = blessing.get_int_custom_property(JUDGED)
            blessed = blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)
            if blessed == constants.BLESSED_VALUE and judged in models and judged not in left_out:
                return {**input_dict, "model": [models[judged]], "blessing": [blessing]}
        return {**input_dict, "model": [], "blessing": []}


def _withdrawn(pushed: list[types.Artifact]) -> Iterator[int]:
    """The models that were rolled back from, as the newest versions of their serving directories say."""
    withdrawn: dict[str, set[str]] = {}
    for push in pushed:
        destination = push.get_string_custom_property("pushed_destination").rpartition("/")[0]
        if destination:
            if destination not in withdrawn:
                withdrawn[destination] = withdrawn_models(destination)
            if push.get_string_custom_property("pushed_digest") in withdrawn[destination]:
                yield push.get_int_custom_property(JUDGED)


def _is_classifier(uri: str) -> bool:
    return files.is_file(f"{path_utils.serving_model_path(uri)}/{LABELS_FILE}")
