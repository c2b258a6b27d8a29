"""The families of encoders that can be imported, as data: what each key of ``config.json`` means to them.

A key is honoured (`Family.honoured`), accepted with some values only because our layers compute nothing else
(`Family.fixed`), or changes no hidden state, and then does not appear here. The table follows PyTorch's classes of
transformers 4.53, which are the reference; `tests/components/backbone/test_encoders.py` goes through every key of every
family's configuration class, and compares hidden states with the reference's for every key that is honoured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Rule = Callable[[Any], str | None]
"""Says what a value must be; None if it is that."""

LARGEST_SIZE = 10_000_000
ACTIVATION_NAMES = {
    **{name: name for name in ("gelu", "gelu_10", "gelu_fast", "gelu_new", "mish", "quick_gelu", "relu", "sigmoid")},
    **{"silu": "silu", "swish": "swish", "tanh": "tanh"},
    **{"gelu_python": "gelu", "gelu_pytorch_tanh": "gelu_new", "gelu_accurate": "gelu_new"},
}
"""PyTorch's names of activation functions, and TensorFlow's for the same function."""


def size(value: Any) -> str | None:
    """A count of something that must be there."""
    return None if _is_int(value) and 1 <= value <= LARGEST_SIZE else "a whole number from 1 on"


def count(value: Any) -> str | None:
    """A count of something that may be absent."""
    return None if _is_int(value) and 0 <= value <= LARGEST_SIZE else "a whole number from 0 on"


def bound(value: Any) -> str | None:
    """A count, or -1 for none."""
    return None if _is_int(value) and -1 <= value <= LARGEST_SIZE else "a whole number from 1 on, or -1 for none"


def epsilon(value: Any) -> str | None:
    """What layer normalization adds to the variance."""
    return None if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1 else "above 0"


def share(value: Any) -> str | None:
    """A probability of dropout, which fine-tuning heeds."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number and 0 <= value < 1 else "a number from 0 to below 1"


def switch(value: Any) -> str | None:
    """On or off."""
    return None if isinstance(value, bool) else "true or false"


def activation(value: Any) -> str | None:
    """The name of an activation function."""
    names = f"one of {', '.join(ACTIVATION_NAMES)}"
    return None if isinstance(value, str) and value in ACTIVATION_NAMES else names


def padding(value: Any) -> str | None:
    """An id that may be absent."""
    return None if value is None else count(value)


def counted_padding(value: Any) -> str | None:
    """An id from which positions are counted, so that it cannot be absent."""
    return count(value) and f"{count(value)}, since positions are counted from it"


def feed_forward(value: Any) -> str | None:
    """T5's inner layer: an activation function, ``gated-`` before it or not."""
    name = value.removeprefix("gated-") if isinstance(value, str) else value
    return activation(name) and f"{activation(name)}, with or without gated- before it"


def attention_types(value: Any) -> str | None:
    """DeBERTa's kinds of attention to positions."""
    kinds = value.lower().split("|") if isinstance(value, str) else value
    known = kinds is None or (isinstance(kinds, list) and all(kind in ("c2p", "p2c") for kind in kinds))
    return None if known else 'null or a list of "c2p" and "p2c"'


def odd_count(value: Any) -> str | None:
    """The width of a convolution; 0 if there is none."""
    return None if count(value) is None and (value == 0 or value % 2) else "0 or an odd number"


def one_of(*values: Any) -> Rule:
    """Makes the rule that a value is one of some, for keys whose other values nothing here computes."""
    shown = " or ".join({None: "null", True: "true", False: "false"}.get(value, repr(value)) for value in values)

    def rule(value: Any) -> str | None:
        return None if any(value is one or (value == one and type(value) is type(one)) for one in values) else shown

    return rule


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def empty(value: Any) -> str | None:
    """Nothing, in whatever form."""
    return None if not value else "empty"


FIXED_EVERYWHERE: Mapping[str, Rule] = {
    "is_decoder": one_of(False, None),
    "add_cross_attention": one_of(False, None),
    "pruned_heads": empty,
    "quantization_config": empty,
    "compression_config": empty,
    "sparsity_config": empty,
    # Keys of other architectures and of later versions: what sets them is no encoder of the family, whatever its name.
    "rope_theta": one_of(None),
    "rope_scaling": empty,
    "rope_parameters": empty,
    "rotary_value": one_of(False, None),
    "alibi_starting_size": one_of(None),
    "is_causal": one_of(False, None),
    "sliding_window": one_of(None),
    "layer_types": empty,
    "use_lora": one_of(False, None),
}
_BERT: dict[str, Rule] = {
    "vocab_size": size,
    "hidden_size": size,
    "num_hidden_layers": size,
    "num_attention_heads": size,
    "intermediate_size": size,
    "max_position_embeddings": size,
    "hidden_act": activation,
    "layer_norm_eps": epsilon,
    "hidden_dropout_prob": share,
    "attention_probs_dropout_prob": share,
    "pad_token_id": padding,
}
_TYPED = _BERT | {"type_vocab_size": size}
_T5: dict[str, Rule] = {
    "vocab_size": size,
    "d_model": size,
    "d_kv": size,
    "d_ff": size,
    "num_layers": size,
    "num_heads": size,
    "relative_attention_num_buckets": size,
    "relative_attention_max_distance": size,
    "layer_norm_epsilon": epsilon,
    "feed_forward_proj": feed_forward,
    "dense_act_fn": activation,
    "is_gated_act": switch,
    "dropout_rate": share,
    "pad_token_id": padding,
}
_ABSOLUTE: dict[str, Rule] = {"position_embedding_type": one_of("absolute")}


@dataclass(frozen=True)
class Family:
    """How one family reads its ``config.json``.

    Attributes:
        classes: What the names of its classes in transformers begin with, and of families that compute the same.
        honoured: The keys that its layers heed here, each with what its value must be.
        fixed: The keys that the reference heeds, but whose other values are not computed here.
        counts_padding: Whether positions are counted from ``pad_token_id + 1`` on.
        first_position: What positions begin with where they are not counted so: 2 in MPNet, whatever its padding id.
        layers: The key with the number of layers.
        heads: The keys of the width of attention and of the number of heads, of which it must be a multiple.
    """

    classes: tuple[str, ...]
    honoured: Mapping[str, Rule]
    fixed: Mapping[str, Rule] = field(default_factory=dict)
    counts_padding: bool = False
    first_position: int = 0
    layers: str = "num_hidden_layers"
    heads: tuple[str, str] | None = ("hidden_size", "num_attention_heads")


def _roberta(*classes: str) -> Family:
    return Family(classes, _TYPED | {"pad_token_id": counted_padding}, _ABSOLUTE, counts_padding=True)


FAMILIES: Mapping[str, Family] = {
    "bert": Family(("Bert",), _TYPED, _ABSOLUTE),
    "distilbert": Family(
        ("DistilBert",),
        {
            "vocab_size": size,
            "dim": size,
            "n_layers": size,
            "n_heads": size,
            "hidden_dim": size,
            "max_position_embeddings": size,
            "activation": activation,
            "dropout": share,
            "attention_dropout": share,
            "pad_token_id": padding,
        },
        layers="n_layers",
        heads=("dim", "n_heads"),
    ),
    "electra": Family(("Electra",), _TYPED | {"embedding_size": size}, _ABSOLUTE),
    "roberta": _roberta("Roberta", "XLMRoberta"),
    "xlm-roberta": _roberta("XLMRoberta", "Roberta"),
    "camembert": _roberta("Camembert", "Roberta"),
    "roberta-prelayernorm": _roberta("RobertaPreLayerNorm"),
    "albert": Family(
        ("Albert",),
        _TYPED | {"embedding_size": size, "num_hidden_groups": size, "inner_group_num": size},
        _ABSOLUTE,
    ),
    # PyTorch's class always looks up 32 buckets, however many rows its table has.
    "mpnet": Family(("MPNet",), _BERT, {"relative_attention_num_buckets": one_of(32)}, first_position=2),
    "deberta-v2": Family(
        ("DebertaV2",),
        _BERT
        | {
            "type_vocab_size": count,
            "embedding_size": size,
            "relative_attention": switch,
            "max_relative_positions": bound,
            "position_buckets": bound,
            "pos_att_type": attention_types,
            "position_biased_input": switch,
            "norm_rel_ebd": one_of("layer_norm", "none"),
            "share_att_key": switch,
            "conv_kernel_size": odd_count,
            "conv_act": activation,
        },
        {"conv_groups": one_of(1)},
    ),
    "t5": Family(("T5", "MT5"), _T5, layers="num_layers", heads=None),
    "mt5": Family(("MT5", "T5"), _T5, layers="num_layers", heads=None),
}
