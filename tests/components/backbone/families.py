"""Tiny models of the families that encoders come from, written as they are on the Hub."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras
import transformers
from safetensors.numpy import save_file
from transformers.modeling_tf_pytorch_utils import TransposeType, convert_tf_weight_name_to_pt_weight_name

from tests.components.backbone import google_bert

ROWS = 80  # of the embedding table: more than any of the tokenizers has pieces
BERT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
BERT |= {"max_position_embeddings": 24, "vocab_size": ROWS, "initializer_range": 0.3}


@dataclass(frozen=True)
class Family:
    """One kind of checkpoint.

    Attributes:
        model: The class that its authors pretrained.
        config: What it is built from.
        key: The name of a weight that every such checkpoint on the Hub has (not for h5, whose names are Keras's).
        tokenizer: Writes its tokenizer.
        longest: Tokens that it has positions for.
        prefix: What TensorFlow's names have in front and the checkpoint has not.
        weights: Their format: safetensors, sharded or h5.
    """

    model: str
    config: dict[str, Any]
    key: str
    tokenizer: Callable[[Path], None]
    longest: int | None = 24
    prefix: str = ""
    weights: str = "safetensors"

    def write(self, directory: Path) -> transformers.TFPreTrainedModel:
        """Writes the checkpoint; gives the model that is in it."""
        tf_keras.utils.set_random_seed(5)
        model_class = getattr(transformers, self.model)
        model = model_class(model_class.config_class(**self.config))
        model.build_in_name_scope()
        self.tokenizer(directory)
        if self.weights == "h5":
            model.save_pretrained(directory, safe_serialization=False)
            return model
        model.config.architectures = [self.model.removeprefix("TF")]
        model.config.save_pretrained(directory)
        tensors = pytorch_tensors(model, self.prefix)
        assert self.key in tensors
        if self.weights == "sharded":
            save_sharded(tensors, directory)
        else:
            save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
        return model


def pytorch_tensors(model: transformers.TFPreTrainedModel, prefix: str) -> dict[str, np.ndarray]:
    """Gives weights the names and the orientation that PyTorch's class of the same model saves."""
    tensors = {}
    for weight in model.weights:
        name, transpose = convert_tf_weight_name_to_pt_weight_name(weight.name, tf_weight_shape=weight.shape)
        if hasattr(model, "tf_to_pt_weight_rename"):
            name = model.tf_to_pt_weight_rename(name)[0]
        value = weight.numpy().T if transpose is TransposeType.SIMPLE else weight.numpy()
        tensors[name.removeprefix(prefix)] = np.ascontiguousarray(value)
    return tensors


def save_sharded(tensors: dict[str, np.ndarray], directory: Path) -> None:
    """Writes weights as two files and an index."""
    names = sorted(tensors)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, directory / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    size = sum(value.nbytes for value in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))


def _wordpiece(tokenizer_class: str) -> Callable[[Path], None]:
    def write(directory: Path) -> None:
        google_bert.write_vocabulary(directory)
        getattr(transformers, tokenizer_class)(str(directory / "vocab.txt")).save_pretrained(directory)

    return write


def _sentencepiece(tokenizer_class: str, file: str, settings: dict[str, Any], **options: Any) -> Callable[[Path], None]:
    def write(directory: Path) -> None:
        google_bert.write_sentencepiece(directory / file, **options)
        config = {"tokenizer_class": tokenizer_class, **settings}
        (directory / "tokenizer_config.json").write_text(json.dumps(config))

    return write


def _ids(**ids: int) -> dict[str, Any]:
    return {f"{name}_id": index for name, index in ids.items()}


ROBERTA_PIECES = _sentencepiece(
    "XLMRobertaTokenizer", "sentencepiece.bpe.model", {}, control_symbols=[], **_ids(unk=0, bos=1, eos=2)
)
FAMILIES = {
    "bert": Family(
        "TFBertForPreTraining",
        BERT,
        "bert.encoder.layer.0.attention.self.query.weight",
        _wordpiece("BertTokenizerFast"),
    ),
    "distilbert": Family(
        "TFDistilBertForMaskedLM",
        {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 24, "vocab_size": ROWS},
        "distilbert.transformer.layer.0.attention.q_lin.weight",
        _wordpiece("DistilBertTokenizerFast"),
    ),
    "electra": Family(
        "TFElectraForPreTraining", {**BERT, "embedding_size": 8}, "", _wordpiece("ElectraTokenizerFast"), weights="h5"
    ),
    # As sentence-transformers saves it: a bare BERT with the vocabulary of XLM-R.
    "multilingual MiniLM": Family(
        "TFBertModel", BERT, "encoder.layer.0.attention.self.query.weight", ROBERTA_PIECES, prefix="bert."
    ),
    "deberta-v3": Family(
        "TFDebertaV2ForMaskedLM",
        {
            **BERT,
            "type_vocab_size": 0,
            "relative_attention": True,
            "position_biased_input": False,
            "position_buckets": 8,
            "pos_att_type": ["p2c", "c2p"],
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
        },
        "deberta.encoder.rel_embeddings.weight",
        _sentencepiece(
            "DebertaV2Tokenizer",
            "spm.model",
            {"vocab_type": "spm", "do_lower_case": False},
            control_symbols=["[CLS]", "[SEP]"],
            **_ids(pad=0, unk=3, bos=-1, eos=-1),
            **{"pad_piece": "[PAD]", "unk_piece": "[UNK]"},
        ),
        longest=None,
    ),
    "albert": Family(
        "TFAlbertForMaskedLM",
        {**BERT, "embedding_size": 8},
        "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight",
        _sentencepiece(
            "AlbertTokenizer",
            "spiece.model",
            {"do_lower_case": True},
            control_symbols=["[CLS]", "[SEP]", "[MASK]"],
            **_ids(pad=0, unk=1, bos=-1, eos=-1),
        ),
    ),
    "xlm-roberta": Family(
        "TFXLMRobertaForMaskedLM",
        {**BERT, "max_position_embeddings": 26, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
        "roberta.encoder.layer.0.attention.self.query.weight",
        ROBERTA_PIECES,
        weights="sharded",
    ),
    "t5": Family(
        "TFT5ForConditionalGeneration",
        {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_layers": 2, "num_heads": 2, "vocab_size": ROWS + 100},
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        _sentencepiece("T5Tokenizer", "spiece.model", {}, control_symbols=[], **_ids(pad=0, eos=1, unk=2, bos=-1)),
        longest=None,
    ),
    "sentence-t5": Family(
        "TFT5EncoderModel",
        {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_layers": 2, "num_heads": 2, "vocab_size": ROWS + 100},
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        _sentencepiece("T5Tokenizer", "spiece.model", {}, control_symbols=[], **_ids(pad=0, eos=1, unk=2, bos=-1)),
        longest=None,
    ),
}
