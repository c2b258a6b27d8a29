"""Reads the ``config.json`` of an encoder: what it says is computed here, or refused by the name of the key."""

import re
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, PretrainedConfig

from components.backbone.encoders import ACTIVATION_NAMES, FAMILIES, FIXED_EVERYWHERE, Family, Rule
from components.backbone.json_files import read_json
from components.errors import DataError, first_line

CONFIG = "config.json"
ADAPTERS = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin")
_CLASS = r"(TF|Flax)?({})(Model|EncoderModel|LMHeadModel|PreTrainedModel|For[A-Z]\w*)"
_SHOWN = 80


def read(directory: Path) -> dict[str, Any]:
    """Reads and checks the ``config.json`` of an encoder.

    Args:
        directory: A directory in Hugging Face's format.

    Returns:
        Its content.

    Raises:
        DataError: If it is missing or broken, or says something that is not computed here.
    """
    path = directory / CONFIG
    if not path.exists():
        raise DataError(
            f"{directory} has no config.json: it is no model in Hugging Face's format (nor, without bert_config.json, "
            "a TF1 checkpoint)"
        )
    content = read_json(path)
    check(content, path)
    for name in ADAPTERS:
        if (directory / name).exists():
            raise DataError(
                f"{directory / name} is an adapter (such as LoRA), which tfx-bert does not compute: merge it into the "
                "model (merge_and_unload in peft), save the result, and give its directory"
            )
    return content


def load(directory: str | Path) -> PretrainedConfig:
    """Gives the settings that our layers are built from.

    They differ from ``config.json`` where TensorFlow has another name for the same activation function, and in the
    form of outputs, which is ours to choose.

    Args:
        directory: One that `read` has nothing against.

    Returns:
        The settings.

    Raises:
        DataError: If transformers cannot make settings of the file.
    """
    path = Path(directory) / CONFIG
    content = read(Path(directory))
    try:
        config = AutoConfig.from_pretrained(str(directory), trust_remote_code=False)
    except Exception as error:  # whatever a configuration class makes of a value that does not fit
        raise DataError(
            f"{path} cannot be used ({first_line(error)}): take the one that came with the weights"
        ) from error
    for key in ("hidden_act", "activation", "conv_act", "dense_act_fn"):
        if isinstance(name := getattr(config, key, None), str):
            setattr(config, key, ACTIVATION_NAMES.get(name, name))
    config.return_dict, config.torchscript = True, False
    config.output_hidden_states = config.output_attentions = False
    _check_sizes(config, FAMILIES[content["model_type"]], path)
    return config


def check(content: dict[str, Any], path: Path) -> None:
    """Refuses what a ``config.json`` says that is not computed here.

    Args:
        content: What it holds.
        path: Where it is, for messages.

    Raises:
        DataError: If there is such a key or value; the message names it.
    """
    model_type = content.get("model_type")
    if not isinstance(model_type, str) or model_type not in FAMILIES:
        raise DataError(
            f"{path}: model_type is {_shown(model_type)}, which is no kind of encoder that tfx-bert can load: use one "
            f"of {', '.join(FAMILIES)}"
        )
    family = FAMILIES[model_type]
    other_names = CONFIG_MAPPING[model_type].attribute_map
    for key, value in content.items():
        usual = other_names.get(key, key)
        rule: Rule | None = family.honoured.get(usual) or family.fixed.get(usual) or FIXED_EVERYWHERE.get(usual)
        if rule and (wanted := rule(value)):
            what = "must be" if usual in family.honoured else "is not computed here unless it is"
            raise DataError(
                f"{path}: {key} is {_shown(value)}, but {what} {wanted}: take another model, or the config.json that "
                "came with the weights"
            )
    _check_shared_keys(content, path)
    _check_classes(content, family, path)


def _check_shared_keys(content: dict[str, Any], path: Path) -> None:
    """DeBERTa's own projections of positions have other names in TensorFlow, so their weights would not be found."""
    if content["model_type"] != "deberta-v2" or not content.get("relative_attention") or content.get("share_att_key"):
        return
    if content.get("pos_att_type"):
        raise DataError(
            f"{path}: share_att_key is {_shown(content.get('share_att_key'))}, but with relative_attention tfx-bert "
            "computes true only, as in all of DeBERTa-v2 and v3: take another model"
        )


def _check_classes(content: dict[str, Any], family: Family, path: Path) -> None:
    names = content.get("architectures") or []
    if not isinstance(names, list):
        raise DataError(f"{path}: architectures is {_shown(names)}, but must be a list of names: correct it")
    pattern = re.compile(_CLASS.format("|".join(family.classes)))
    for name in names:
        if not isinstance(name, str) or not pattern.fullmatch(name):
            raise DataError(
                f"{path}: architectures names {_shown(name)}, which is no class of a {content['model_type']}, so it "
                f"may compute something else: take another model; if it is a plain one, write {family.classes[0]}Model"
            )


def _check_sizes(config: PretrainedConfig, family: Family, path: Path) -> None:
    padding, rows = getattr(config, "pad_token_id", None), config.vocab_size
    if padding is not None and padding >= rows:
        raise DataError(f"{path}: pad_token_id is {padding}, but vocab_size is {rows}: take the file that came with it")
    if family.counts_padding and (padding or 0) + 1 >= config.max_position_embeddings:
        raise DataError(
            f"{path}: pad_token_id is {padding}, and positions are counted from there, but max_position_embeddings is "
            f"{config.max_position_embeddings}: take the file that came with it"
        )
    if family.heads:
        width, heads = (getattr(config, key) for key in family.heads)
        if width % heads:
            raise DataError(
                f"{path}: {family.heads[0]} is {width}, which is no multiple of {family.heads[1]} ({heads}): take the "
                "file that came with the weights"
            )
    if config.model_type == "deberta-v2":
        _check_deberta(config, path)
    elif config.model_type == "albert" and config.num_hidden_groups > config.num_hidden_layers:
        raise DataError(
            f"{path}: num_hidden_groups is {config.num_hidden_groups}, more than num_hidden_layers "
            f"({config.num_hidden_layers}): take the file that came with the weights"
        )
    elif config.model_type in ("t5", "mt5"):
        # Half of the buckets are for each direction, and half of those for single distances.
        buckets, most = config.relative_attention_num_buckets, config.relative_attention_max_distance
        if buckets < 4 or most <= buckets // 4:
            raise DataError(
                f"{path}: relative_attention_num_buckets is {buckets} and relative_attention_max_distance {most}, "
                "which gives no buckets for long distances: take the file that came with the weights"
            )


def _check_deberta(config: PretrainedConfig, path: Path) -> None:
    own, only = getattr(config, "attention_head_size", None), config.hidden_size // config.num_attention_heads
    if own not in (None, only):
        raise DataError(
            f"{path}: attention_head_size is {_shown(own)}, but only {only} is computed here, hidden_size divided by "
            "num_attention_heads: take another model"
        )
    if config.position_biased_input and getattr(config, "embedding_size", config.hidden_size) != config.hidden_size:
        raise DataError(
            f"{path}: embedding_size is {_shown(config.embedding_size)}, but with position_biased_input only "
            f"{config.hidden_size} is computed here, the hidden_size: take another model"
        )
    buckets = getattr(config, "position_buckets", -1)
    most = config.max_relative_positions if config.max_relative_positions > 0 else config.max_position_embeddings
    if config.relative_attention and buckets > 0 and (buckets == 1 or most - 1 <= buckets // 2):
        raise DataError(
            f"{path}: position_buckets is {buckets} for relative positions up to {most}, which gives no buckets for "
            "long distances: take the file that came with the weights"
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
