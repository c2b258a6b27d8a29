"""Loads encoders in Hugging Face's format."""

from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import tensorflow as tf
from transformers import PretrainedConfig, TFAutoModel, TFAutoModelForTextEncoding, TFPreTrainedModel
from transformers.models.auto.modeling_tf_auto import TF_MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES
from transformers.models.deberta_v2 import modeling_tf_deberta_v2

from components.backbone import settings
from components.backbone.encoders import FAMILIES
from components.local_copies import local_copy

_LONGEST = 1 << 20  # distances in DeBERTa's table of buckets, at most
# The method of DeBERTa's attention that asks in Python whether two lengths are equal, which in a graph are tensors.
BRANCHING_METHOD = "disentangled_att_bias"


def load_encoder_model(directory: str | Path, **options: Any) -> TFPreTrainedModel:
    """Loads the part of a model that turns token ids into hidden states.

    For most families that is what ``TFAutoModel`` loads. For T5 and mT5 it is the encoder alone: ``TFAutoModel`` gives
    encoder and decoder, asks for the decoder's input too, and fills it with random numbers where a checkpoint, such as
    that of a sentence encoder, has no decoder. DeBERTa is made to work in graphs of any length, AutoGraph or not.

    Args:
        directory: A local directory with ``config.json`` and weights.
        options: Passed to ``from_pretrained``, except ``output_loading_info``.

    Returns:
        The model.
    """
    return load_with_info(directory, **options)[0]


def load_with_info(directory: str | Path, **options: Any) -> tuple[TFPreTrainedModel, dict[str, list[Any]]]:
    """Like `load_encoder_model`, and tells which weights were not found.

    Args:
        directory: A local directory with ``config.json`` and weights.
        options: Passed to ``from_pretrained``.

    Returns:
        The model, and transformers' ``missing_keys``, ``unexpected_keys`` and ``mismatched_keys``.
    """
    directory = local_copy(str(directory))
    config = settings.load(directory)
    model, info = model_class(config).from_pretrained(
        directory, config=config, output_loading_info=True, trust_remote_code=False, **options
    )
    return as_the_reference(model), info


def model_class(config: PretrainedConfig) -> type[TFAutoModel] | type[TFAutoModelForTextEncoding]:
    """Chooses transformers' class for the part of a model that turns token ids into hidden states.

    Args:
        config: The settings of the model.
    """
    known = config.model_type in TF_MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES
    return TFAutoModelForTextEncoding if known else TFAutoModel


def as_the_reference(model: TFPreTrainedModel) -> TFPreTrainedModel:
    """Makes a model compute what PyTorch's class of the same family does, in graphs of any length.

    RoBERTa's layers count positions from the padding id, which TensorFlow's class takes to be 1 whatever it is.
    DeBERTa's round logarithms of distances, which TensorFlow's function computes in other precisions than PyTorch's.

    Args:
        model: Changed in place.

    Returns:
        The model.
    """
    if model.config.model_type == "deberta-v2":
        modeling_tf_deberta_v2.make_log_bucket_position = bucket_positions
    if FAMILIES[model.config.model_type].counts_padding:
        for layer in model.submodules:
            if hasattr(layer, "create_position_ids_from_input_ids"):
                layer.padding_idx = model.config.pad_token_id
    return run_at_any_length(model)


def bucket_positions(distances: tf.Tensor, buckets: int, most: int) -> tf.Tensor:
    """DeBERTa's buckets of distances: near ones have their own, far ones share them, by the logarithm.

    He et al. 2021, arXiv:2006.03654; ``make_log_bucket_position`` in transformers' ``modeling_deberta_v2.py``. That
    computes in float32 throughout, as is done here: a logarithm in another precision, rounded up, is another bucket.

    Args:
        distances: int32, of any shape.
        buckets: ``position_buckets``, from 2 on.
        most: ``max_relative_positions``, above ``buckets / 2 + 1``.

    Returns:
        int32, of the same shape; distances beyond the last bucket may get any number beyond it.

    Example:
        >>> bucket_positions(tf.constant([-31, 0, 14, 15, 31]), 28, 32).numpy().tolist()
        [-27, 0, 14, 16, 27]
    """
    near = buckets // 2
    far = np.arange(near + 1, min(4 * most, _LONGEST))
    logarithms = np.log((far / near).astype(np.float32)) / np.log(np.array((most - 1) / near, np.float32))
    shared = np.ceil(logarithms * np.float32(near - 1)) + np.float32(near)
    table = np.minimum(np.concatenate([np.arange(near + 1), shared]), buckets).astype(np.int32)
    return tf.sign(distances) * tf.gather(table, tf.minimum(tf.abs(distances), len(table) - 1))


def run_at_any_length(model: TFPreTrainedModel) -> TFPreTrainedModel:
    """Makes a model work in graphs in which the length of the texts is not known; only DeBERTa has to be changed.

    Args:
        model: Changed in place.

    Returns:
        The model.
    """
    for layer in model.submodules:
        if hasattr(layer, BRANCHING_METHOD):
            # This one method only: AutoGraph takes more than ten seconds for all of transformers.
            method = tf.autograph.to_graph(getattr(type(layer), BRANCHING_METHOD), recursive=False)
            setattr(layer, BRANCHING_METHOD, MethodType(method, layer))
    return model
