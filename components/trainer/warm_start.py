"""Training that begins with what another model has learned: the one that was blessed last."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components import files
from components.feature_gen.records import FeatureSet
from components.local_copies import local_copy
from components.trainer.labels import read_labels

ORIGIN_FILE = "assets.extra/origin.json"
FEATURES_ID = "features_id"  # custom property of a Model artifact: what it was trained on
_WEIGHTS = (".safetensors", ".h5")
_LOGITS = 2  # the last weights of a head: kernel and bias of the layer that has a column a label


def backbone_digest(backbone: str) -> str:
    """SHA-256 of a Backbone artifact's weights.

    Args:
        backbone: Its folder, local or remote.
    """
    digests = [files.sha256(f"{backbone}/{name}") for name in files.list_files(backbone) if name.endswith(_WEIGHTS)]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def digest_of(data: FeatureSet) -> str:
    """SHA-256 of the rows that a model is trained on, in any order.

    Args:
        data: The train split.
    """
    rows = zip(data.ids, data.texts, data.label_ids, strict=True)
    lines = sorted(b"%b\t%b\t%b" % (name, text, np.asarray(label).tobytes()) for name, text, label in rows)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


@dataclass(frozen=True)
class Origin:
    """What an exported model came from.

    Attributes:
        backbone: `backbone_digest` of the encoder that its training began with.
        data: `digest_of` the rows.
        sources: How they were read and divided into splits: `components.example_gen.executor.fingerprint_sources`.
    """

    backbone: str = ""
    data: str = ""
    sources: str = ""


def write_origin(directory: str | Path, origin: Origin) -> None:
    """Notes in an exported model what it came from.

    Args:
        directory: The SavedModel's folder, local or remote.
        origin: The note.
    """
    files.write_text(f"{directory}/{ORIGIN_FILE}", json.dumps(asdict(origin)) + "\n")


def read_origin(directory: str | Path) -> Origin:
    """Reads what `write_origin` wrote; nothing of a model without a note.

    Args:
        directory: The SavedModel's folder, local or remote.
    """
    return Origin(**json.loads(files.read_text(f"{directory}/{ORIGIN_FILE}") or "{}"))


class WarmStart:
    """The weights of an exported classifier, for the encoder and the head of a new one.

    They are taken if both came from the same backbone, have the same shapes, and their rows were divided into splits
    alike: else the old one may have learned what the new one is judged on. Labels are matched by name: one that the old
    model does not know begins with the new head's random weights. `summary` says what was taken.
    """

    def __init__(self, model: str, origin: Origin) -> None:
        """Looks whether the model can be begun with.

        Args:
            model: The SavedModel that `components.trainer.export.export` wrote, local or remote.
            origin: Of the model that is to be trained.
        """
        self._labels = read_labels(model)
        self._weights = _read_weights(model)
        self._why_not = _why_not(read_origin(model), origin)
        self._taken: dict[str, Any] = {}
        self._model = model

    def begin_head(self, head: tf_keras.Model, labels: Sequence[str]) -> None:
        """Gives a head the old one's weights, label by label.

        Args:
            head: A new one, built.
            labels: Its label texts by class number.
        """
        self._begin("head", head, self._weights[-len(head.weights) :], labels)

    def begin_both(self, encoder: TFPreTrainedModel, head: tf_keras.Model, labels: Sequence[str]) -> bool:
        """Gives an encoder and its head the weights that the old ones had together.

        Args:
            encoder: Loaded from the backbone.
            head: Built.
            labels: As for `begin_head`.

        Returns:
            Whether they have them now.
        """
        count = len(encoder.weights)
        own = self._weights[:count]
        if [weight.shape for weight in own] != [tuple(weight.shape) for weight in encoder.weights]:
            self._taken["encoder"] = "begun anew: another architecture"
        elif self._begin("encoder", head, self._weights[count:], labels):
            encoder.set_weights(own)
            return True
        return False

    def summary(self) -> dict[str, Any]:
        """What ``metrics.json`` says of it.

        Returns:
            ``model``; ``head`` or ``encoder``: ``taken``, or why not; ``labels_begun_anew`` and ``labels_left_out``, if
            weights were taken and the two models have different labels.
        """
        return {"model": self._model, **self._taken}

    def _begin(self, what: str, head: tf_keras.Model, found: list[np.ndarray], labels: Sequence[str]) -> bool:
        fresh = head.get_weights()
        why_not = self._why_not or _unlike(found, fresh, len(self._labels))
        self._taken[what] = f"begun anew: {why_not}" if why_not else "taken"
        if not why_not:
            changes = {
                "labels_begun_anew": [label for label in labels if label not in self._labels],
                "labels_left_out": [label for label in self._labels if label not in labels],
            }
            self._taken |= {key: changed for key, changed in changes.items() if changed}
            for old, new in zip(found[-_LOGITS:], fresh[-_LOGITS:], strict=True):
                for number, label in enumerate(labels):
                    if label in self._labels:
                        new[..., number] = old[..., self._labels.index(label)]
            head.set_weights([*found[:-_LOGITS], *fresh[-_LOGITS:]])
        return not why_not


def _why_not(old: Origin, new: Origin) -> str:
    if old.backbone != new.backbone:
        return "it came from another backbone"
    if old.sources != new.sources:
        return "its rows were read with other settings, so it may have learned what this one is judged on"
    return ""


def _unlike(found: list[np.ndarray], fresh: list[np.ndarray], labels: int) -> str:
    """Why the weights of one head are none for another; nothing if they are."""
    shapes = [weight.shape for weight in fresh[:-_LOGITS]] + [
        (*weight.shape[:-1], labels) for weight in fresh[-_LOGITS:]
    ]
    return "" if [weight.shape for weight in found] == shapes else "its head has another shape"


def _read_weights(model: str) -> list[np.ndarray]:
    """The encoder's weights and then the head's, as `components.trainer.export.TextClassifier` keeps them."""
    reader = tf.train.load_checkpoint(f"{local_copy(f'{model}/variables')}/variables")
    prefix, suffix = "weights/", "/.ATTRIBUTES/VARIABLE_VALUE"
    names = [name for name in reader.get_variable_to_shape_map() if name.startswith(prefix)]
    numbers = sorted(int(name.removeprefix(prefix).removesuffix(suffix)) for name in names)
    return [reader.get_tensor(f"{prefix}{number}{suffix}") for number in numbers]
