"""The variables of an original BERT: Google's names in the TF1 checkpoint, and Hugging Face's names for them.

Google's names are those of ``modeling.py``, ``run_pretraining.py`` and ``optimization.py`` in
https://github.com/google-research/bert (Devlin et al. 2019, arXiv:1810.04805). Hugging Face's are those that PyTorch's
``BertForPreTraining`` writes, which transformers loads into TensorFlow as well.
"""

import re
from dataclasses import dataclass
from typing import Any

SLOTS = {"adam_m", "adam_v", "lamb_m", "lamb_v", "Adam", "Adam_1", "LAMB", "LAMB_1"}
COUNTERS = {"global_step", "beta1_power", "beta2_power"}
# Replaced one after the other; Hugging Face's names differ from Google's by no more than this.
RENAMED = (
    (r"/layer_(\d+)/", r"/layer/\1/"),
    (r"LayerNorm/gamma$", "LayerNorm/weight"),
    (r"LayerNorm/beta$", "LayerNorm/bias"),
    (r"/kernel$", "/weight"),
    (r"_embeddings$", "_embeddings/weight"),
    (r"/output_(weight|bias)s?$", r"/\1"),
    (r"/", "."),
)


@dataclass(frozen=True)
class Variable:
    """One variable of a BERT.

    Attributes:
        name: Google's name.
        shape: Its shape in the TF1 checkpoint.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def hugging_face_name(self) -> str:
        """The name in ``model.safetensors``."""
        name = self.name
        for pattern, replacement in RENAMED:
            name = re.sub(pattern, replacement, name)
        return name

    @property
    def is_transposed(self) -> bool:
        """Whether Hugging Face keeps the matrix as outputs by inputs; Google keeps kernels as inputs by outputs."""
        return self.name.endswith("/kernel")


def bert_variables(config: Any) -> list[Variable]:
    """Lists the variables of a BERT with its pooler and both heads of pretraining.

    Args:
        config: Its sizes, with the names that ``bert_config.json`` has for them.

    Returns:
        Every variable once, optimizer slots left out.
    """
    width, inner = config.hidden_size, config.intermediate_size
    tables = {
        "word": config.vocab_size,
        "token_type": config.type_vocab_size,
        "position": config.max_position_embeddings,
    }
    return [
        *(Variable(f"bert/embeddings/{table}_embeddings", (rows, width)) for table, rows in tables.items()),
        *_norm("bert/embeddings/LayerNorm", width),
        *(variable for number in range(config.num_hidden_layers) for variable in _layer(number, width, inner)),
        *_dense("bert/pooler/dense", width, width),
        *_dense("cls/predictions/transform/dense", width, width),
        *_norm("cls/predictions/transform/LayerNorm", width),
        Variable("cls/predictions/output_bias", (config.vocab_size,)),
        Variable("cls/seq_relationship/output_weights", (2, width)),
        Variable("cls/seq_relationship/output_bias", (2,)),
    ]


def is_of_training(name: str) -> bool:
    """Tells what an optimizer keeps (Adam's and LAMB's moments, counters of steps) from what is part of the model."""
    return name in COUNTERS or name.rpartition("/")[2] in SLOTS


def _layer(number: int, width: int, inner: int) -> list[Variable]:
    scope = f"bert/encoder/layer_{number}"
    return [
        *_dense(f"{scope}/attention/self/query", width, width),
        *_dense(f"{scope}/attention/self/key", width, width),
        *_dense(f"{scope}/attention/self/value", width, width),
        *_dense(f"{scope}/attention/output/dense", width, width),
        *_norm(f"{scope}/attention/output/LayerNorm", width),
        *_dense(f"{scope}/intermediate/dense", width, inner),
        *_dense(f"{scope}/output/dense", inner, width),
        *_norm(f"{scope}/output/LayerNorm", width),
    ]


def _dense(scope: str, inputs: int, outputs: int) -> list[Variable]:
    return [Variable(f"{scope}/kernel", (inputs, outputs)), Variable(f"{scope}/bias", (outputs,))]


def _norm(scope: str, width: int) -> list[Variable]:
    return [Variable(f"{scope}/gamma", (width,)), Variable(f"{scope}/beta", (width,))]
