"""Keeps strings out of training steps: TPUs have none."""

import sys

from transformers import tf_utils

_CHECK = tf_utils.check_embeddings_within_bounds.__name__


def drop_id_checks() -> None:
    """Takes the check of token ids out of all of Hugging Face's models that are loaded.

    It is an ``Assert``, whose message is a string tensor. TensorFlow's gather refuses ids out of range on CPUs itself,
    and the ids that train come from the tokenizer that the vocabulary has its size from.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("transformers.models.") and hasattr(module, _CHECK):
            setattr(module, _CHECK, _accept)


def _accept(*_: object, **__: object) -> None:
    """Takes what the check takes."""
