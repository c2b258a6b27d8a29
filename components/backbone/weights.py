"""Holds the weights of a checkpoint against those that its encoder needs: none missing, none left over."""

import copy
import re
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf
from transformers import PretrainedConfig
from transformers.modeling_tf_pytorch_utils import TransposeType, convert_tf_weight_name_to_pt_weight_name

from components.backbone import weight_files
from components.backbone.encoders import FAMILIES
from components.backbone.loading import model_class
from components.backbone.weight_files import Entry
from components.errors import DataError, first_line

Shapes = dict[str, tuple[int, ...]]

BUILT_LAYERS = 2  # the others are named like the last of them
REMEDY = "config.json and weights must be of one model, copied or downloaded whole"
HEADS = (
    *("classification_head", "classifier", "cls", "decoder", "discriminator_predictions", "generator_lm_head"),
    *("generator_predictions", "legacy_predictions", "lm_head", "lm_predictions", "mask_predictions", "mlm", "nsp"),
    *("pooler", "pre_classifier", "predictions", "qa_outputs", "seq_relationship", "sequence_summary"),
    *("sop_classifier", "vocab_layer_norm", "vocab_projector", "vocab_transform"),
)
"""What stands beside an encoder in the checkpoints of all families: poolers, and the heads of other tasks."""
UNUSED = re.compile(rf"({'|'.join(HEADS)})\..*|(.*\.)?(position_ids|token_type_ids)|encoder\.embed_tokens\.weight")
"""Weights that no hidden state depends on; the last is T5's word embeddings once more."""
_LAST_LAYER = re.compile(rf"((?:encoder|transformer)\.(?:layer|block)\.){BUILT_LAYERS - 1}(\..*)")


class _Found(NamedTuple):
    """A weight of a file, in PyTorch's form, and whether its name begins with the family's."""

    shape: tuple[int, ...]
    dtype: str
    is_prefixed: bool


def check(files: list[Path], config: PretrainedConfig) -> None:
    """Compares names and shapes, without reading values.

    Args:
        files: From `components.backbone.weight_files.find`.
        config: The settings of the encoder.

    Raises:
        DataError: If a file is damaged, or weights are missing, misshapen, left over or not floating-point numbers.
    """
    entries = weight_files.read(files)
    _check_size(entries, config, files[0])
    expected, prefix = _expected(config, files[0])
    found = _by_usual_names(entries, prefix, files[0])
    name = files[0].name if len(files) == 1 else f"{files[0].name} and its files"
    where = files[0].with_name(name)
    if missing := sorted(set(expected) - set(found)):
        raise DataError(f"{where}: {len(missing)} weights of the encoder are not in it, such as {missing[0]}: {REMEDY}")
    wrong = sorted(name for name, shape in expected.items() if found[name].shape != shape)
    if wrong:
        raise DataError(
            f"{where}: {len(wrong)} weights do not have the shape that config.json gives them, such as {wrong[0]}, "
            f"expected {expected[wrong[0]]}, found {found[wrong[0]].shape}: {REMEDY}"
        )
    integers = sorted(name for name in expected if found[name].dtype not in weight_files.DTYPES)
    if integers:
        raise DataError(
            f"{where}: {len(integers)} weights are no floating-point numbers, such as {integers[0]} "
            f"({found[integers[0]].dtype}): give a model that is not quantized"
        )
    prefixed = {found[name].is_prefixed: name for name in expected}
    if len(prefixed) > 1:
        raise DataError(
            f"{where}: some weights of the encoder have names that begin with {prefix!r}, such as that of "
            f"{prefixed[True]}, and others do not, such as {prefixed[False]}: {REMEDY}"
        )
    unused = {"embeddings.position_embeddings.weight"} if not getattr(config, "position_biased_input", True) else set()
    over = sorted(name for name in set(found) - set(expected) - unused if not UNUSED.fullmatch(name))
    if over:
        raise DataError(
            f"{where}: {len(over)} weights belong to no layer of the {config.model_type} that config.json describes, "
            f"such as {over[0]}, so the model computes something else: {REMEDY}; if they are a head, save the encoder "
            "without it"
        )


def check_values(model: tf.Module, path: Path) -> None:
    """Refuses weights that are not numbers.

    Args:
        model: With the weights.
        path: Where they are from.

    Raises:
        DataError: If one is NaN or infinite.
    """
    for weight in model.weights:
        if not bool(tf.reduce_all(tf.math.is_finite(weight))):
            raise DataError(f"{path}: {weight.name.partition(':')[0]} has values that are not finite: copy it again")


def _check_size(entries: dict[str, Entry], config: PretrainedConfig, path: Path) -> None:
    """A network of more parts than the file has weights would only take long to build."""
    for key in (FAMILIES[config.model_type].layers, "num_hidden_groups", "inner_group_num"):
        parts = getattr(config, key, 0)
        if parts > len(entries) and not (config.model_type == "albert" and key == "num_hidden_layers"):
            raise DataError(
                f"{path}: {key} is {parts} in config.json, but there are {len(entries)} weights only, which are not in "
                f"it for so many: {REMEDY}"
            )


def _expected(config: PretrainedConfig, path: Path) -> tuple[Shapes, str]:
    """Names and shapes as PyTorch has them, without the prefix of the family, and that prefix."""
    small, key = copy.deepcopy(config), FAMILIES[config.model_type].layers
    total = getattr(config, key)
    if config.model_type != "albert":
        setattr(small, key, min(total, BUILT_LAYERS))
    try:
        with tf.Graph().as_default():  # where variables take no memory
            model = model_class(small).from_config(small, trust_remote_code=False)
            model.build_in_name_scope()
            shapes = dict(_pytorch(weight.name, tuple(weight.shape), model) for weight in model.weights)
    except Exception as error:  # whatever Keras makes of sizes that do not fit each other
        raise DataError(
            f"{path.with_name('config.json')} cannot be used ({first_line(error)}): take the "
            "one that came with the weights"
        ) from error
    prefix = "" if config.model_type in ("t5", "mt5") else f"{model.base_model_prefix}."  # PyTorch's T5 has none
    shapes = {name.removeprefix(prefix): shape for name, shape in shapes.items()}
    shapes = {name: shape for name, shape in shapes.items() if not UNUSED.fullmatch(name)}
    for name, shape in list(shapes.items()):
        if config.model_type != "albert" and (parts := _LAST_LAYER.fullmatch(name)):
            shapes |= {f"{parts[1]}{number}{parts[2]}": shape for number in range(BUILT_LAYERS, total)}
    return shapes, prefix


def _pytorch(name: str, shape: tuple[int, ...], model: Any = None) -> tuple[str, tuple[int, ...]]:
    """PyTorch's name and shape of one of TensorFlow's weights."""
    name, transpose = convert_tf_weight_name_to_pt_weight_name(name, tf_weight_shape=shape)
    if hasattr(model, "tf_to_pt_weight_rename"):
        (name,) = model.tf_to_pt_weight_rename(name)
    return name, shape if transpose is TransposeType.NO else shape[::-1]


def _by_usual_names(entries: dict[str, Entry], prefix: str, path: Path) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for name, entry in entries.items():
        usual, shape = name, entry.shape
        if "/" in name:  # TensorFlow's names, which in HDF5 begin with that of the model
            usual, shape = _pytorch(name if entry.file.suffix == ".h5" else f"model/{name}", shape)
        full = re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", usual))
        usual = full.removeprefix(prefix)
        if usual in found:
            raise DataError(f"{path}: {usual} is in it twice, once as {name}: {REMEDY}")
        found[usual] = _Found(shape, entry.dtype, full != usual)
    return found
