"""Which depth of an encoder a variable belongs to."""

import re

import tensorflow as tf
from transformers import TFPreTrainedModel

from components.errors import ConfigError

# Transformers' TensorFlow classes name every stack alike: "encoder/layer_._3/", T5's "block_._3/", and ALBERT's
# "albert_layer_groups_._0/", whose layers share their variables.
_LAYER = re.compile(r"/[a-z_]+?_\._(\d+)")
_ABOVE = re.compile(r"/(pooler|final_layer_norm)/")
_CONVOLUTION = "/encoder/conv/"  # of DeBERTa-v2: beside the first layer


def variable_depth(name: str) -> int | None:
    """Reads the depth of a variable from its name.

    Args:
        name: A variable's name in an encoder of transformers.

    Returns:
        0 for embeddings and what all layers share with them, such as relative positions; from 1 on the number of
        the layer, counted from below; None for what comes after the last layer.

    Example:
        >>> variable_depth("tf_bert_model/bert/encoder/layer_._3/output/dense/kernel:0")
        4
        >>> variable_depth("tf_deberta_v2_model/deberta/encoder/rel_embeddings.weight:0")
        0
    """
    layer = _LAYER.search(name)
    if layer:
        return int(layer[1]) + 1
    if _CONVOLUTION in name:
        return 1
    return None if _ABOVE.search(name) else 0


def variables_by_depth(encoder: TFPreTrainedModel) -> list[list[tf.Variable]]:
    """Sorts the variables of an encoder by depth.

    Args:
        encoder: A built encoder.

    Returns:
        Embeddings first, then a list a layer from below; what comes after the last layer is with the last layer.
    """
    depths = [variable_depth(variable.name) for variable in encoder.variables]
    top = max(depth or 0 for depth in depths)
    groups: list[list[tf.Variable]] = [[] for _ in range(top + 1)]
    for variable, depth in zip(encoder.variables, depths, strict=True):
        groups[top if depth is None else depth].append(variable)
    return groups


def unfrozen(encoder: TFPreTrainedModel, layers: int | None) -> list[list[tf.Variable]]:
    """Chooses the variables that are trained.

    Args:
        encoder: A built encoder.
        layers: Number of layers from the top; None for all and the embeddings.

    Returns:
        A list a depth, the lowest first.

    Raises:
        ConfigError: If the encoder has fewer layers.
    """
    groups = variables_by_depth(encoder)
    if layers is None:
        return groups
    if layers >= len(groups):
        raise ConfigError(
            "trainer.unfreeze.layers",
            f"{layers} layers are to be trained, but the {encoder.config.model_type} backbone has {len(groups) - 1}: "
            "ask for fewer, or for null (all and the embeddings)",
        )
    return groups[-layers:]
