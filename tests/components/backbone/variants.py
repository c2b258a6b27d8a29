"""Configurations of tiny encoders, weights that depend on names alone, and two texts: what the reference computes too.

`make_reference.py` runs them through PyTorch's classes; it imports this file and nothing else of the project.
"""

import zlib
from typing import Any

import numpy as np

VOCABULARY = 40
BERT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
BERT |= {"max_position_embeddings": 24, "vocab_size": VOCABULARY, "pad_token_id": 0}
ROBERTA = BERT | {"max_position_embeddings": 26, "pad_token_id": 1, "type_vocab_size": 1}
T5 = {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_layers": 2, "num_heads": 2, "vocab_size": VOCABULARY}
DEBERTA = BERT | {
    "type_vocab_size": 0,
    "relative_attention": True,
    "position_biased_input": False,
    "position_buckets": 4,
    "pos_att_type": ["p2c", "c2p"],
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
}
BASE: dict[str, dict[str, Any]] = {
    "bert": BERT,
    "distilbert": {
        "dim": 16,
        "n_layers": 2,
        "n_heads": 2,
        "hidden_dim": 32,
        "max_position_embeddings": 24,
        "vocab_size": VOCABULARY,
    },
    "electra": BERT | {"embedding_size": 8},
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "camembert": ROBERTA,
    "roberta-prelayernorm": ROBERTA,
    "albert": BERT | {"embedding_size": 8},
    "mpnet": BERT | {"max_position_embeddings": 26, "pad_token_id": 1},
    "deberta-v2": DEBERTA,
    "t5": T5,
    "mt5": T5,
}
ACTIVATIONS = [
    *("gelu", "gelu_10", "gelu_fast", "gelu_new", "gelu_python", "gelu_pytorch_tanh", "gelu_accurate"),
    *("mish", "quick_gelu", "relu", "sigmoid", "silu", "swish", "tanh"),
]
SIZES = {
    "hidden_size": {"hidden_size": 24},
    "layers": {"num_hidden_layers": 3},
    "heads": {"num_attention_heads": 4},
    "intermediate": {"intermediate_size": 24},
    "positions": {"max_position_embeddings": 30},
    "eps": {"layer_norm_eps": 0.5},
    "relu": {"hidden_act": "relu"},
}
PADDING = {f"pad {index}": {"pad_token_id": index} for index in (0, 3)}
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "bert": {
        **SIZES,
        "activation": {"hidden_act": "gelu_pytorch_tanh"},
        "one type": {"type_vocab_size": 1},
        "no padding": {"pad_token_id": None},
        "padding 3": {"pad_token_id": 3},
        "tuples": {"return_dict": False, "output_hidden_states": True, "output_attentions": True},
    },
    "distilbert": {
        "dim": {"dim": 24},
        "layers": {"n_layers": 3},
        "heads": {"n_heads": 4},
        "hidden_dim": {"hidden_dim": 24},
        "positions": {"max_position_embeddings": 30},
        "activation": {"activation": "relu"},
        "sinusoidal": {"sinusoidal_pos_embds": True},
    },
    "electra": {**SIZES, "one type": {"type_vocab_size": 1}, "wide": {"embedding_size": 16}},
    "roberta": {**SIZES, **PADDING, "two types": {"type_vocab_size": 2}},
    "xlm-roberta": {**PADDING, "eps": {"layer_norm_eps": 0.5}},
    "camembert": {**PADDING, "eps": {"layer_norm_eps": 0.5}},
    "roberta-prelayernorm": {**PADDING, "eps": {"layer_norm_eps": 0.5}},
    "albert": {
        **SIZES,
        "wide": {"embedding_size": 16},
        "groups": {"num_hidden_layers": 4, "num_hidden_groups": 2},
        "uneven groups": {"num_hidden_layers": 3, "num_hidden_groups": 2},
        "inner groups": {"inner_group_num": 2},
        "one type": {"type_vocab_size": 1},
        "gelu": {"hidden_act": "gelu"},
    },
    "mpnet": {**SIZES, **PADDING, "buckets": {"relative_attention_num_buckets": 40}},
    "deberta-v2": {
        **SIZES,
        "types": {"type_vocab_size": 2},
        "absolute": {"position_biased_input": True},
        "absolute alone": {"position_biased_input": True, "relative_attention": False, "pos_att_type": None},
        "distances": {"max_relative_positions": 3, "position_buckets": -1},
        "buckets and distances": {"max_relative_positions": 9},
        "no buckets": {"position_buckets": -1},
        "own keys": {"share_att_key": False},
        "own keys, c2p": {"share_att_key": False, "pos_att_type": ["c2p"]},
        "c2p": {"pos_att_type": "c2p"},
        "p2c": {"pos_att_type": ["p2c"]},
        "no norm": {"norm_rel_ebd": "none"},
        "convolution": {"conv_kernel_size": 3, "conv_act": "gelu"},
        "wide convolution": {"conv_kernel_size": 5},
        "embeddings": {"embedding_size": 8},
        "scores of content alone": {"pos_att_type": None},
    },
    "t5": {
        "d_model": {"d_model": 24},
        "d_kv": {"d_kv": 4},
        "d_ff": {"d_ff": 24},
        "layers": {"num_layers": 3},
        "heads": {"num_heads": 4},
        "buckets": {"relative_attention_num_buckets": 8},
        "distance": {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 6},
        "eps": {"layer_norm_epsilon": 0.5},
        "gated": {"feed_forward_proj": "gated-gelu"},
        "gated silu": {"feed_forward_proj": "gated-silu"},
        "gelu": {"feed_forward_proj": "gelu"},
        "other activation": {"dense_act_fn": "gelu_pytorch_tanh"},
        "untied": {"tie_word_embeddings": False},
        "no padding": {"pad_token_id": None},
    },
    "mt5": {
        "relu": {"feed_forward_proj": "relu"},
        "distance": {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 6},
    },
}
IDS = np.array([[4, 9, 3, 22, 0, 7, 13, 13, 31, 5, 2], [4, 8, 30, 2, 1, 1, 1, 1, 1, 1, 1]], np.int32)
LENGTHS = (11, 4)


def mask() -> np.ndarray:
    """int32, 1 for the tokens of a text."""
    return (np.arange(IDS.shape[1]) < np.array(LENGTHS)[:, np.newaxis]).astype(np.int32)


def weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight that depends on its name and shape alone.

    Args:
        name: PyTorch's, without the prefix of the family.
        shape: PyTorch's.
    """
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    is_scale = name.endswith("weight") and len(shape) == 1
    return 1 + 0.2 * values if is_scale else 0.4 * values


def inputs_of_activations() -> np.ndarray:
    """float32: numbers at which activation functions differ."""
    return np.linspace(-12, 12, 97, dtype=np.float32)


def cases() -> list[tuple[str, str]]:
    """Pairs of family and variant; the plain configuration has an empty name."""
    return [(family, name) for family in BASE for name in ("", *VARIANTS[family])]


def settings(family: str, variant: str) -> dict[str, Any]:
    """What stands in ``config.json`` beside ``model_type``."""
    return BASE[family] | (VARIANTS[family][variant] if variant else {})
