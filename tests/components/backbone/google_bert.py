"""An original BERT for tests: writes TF1 checkpoints as Google's code does, and computes its outputs in numpy."""

import io
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import sentencepiece
import tensorflow as tf

tf1 = tf.compat.v1

NAME = "model.ckpt-20"

SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 24,
    "type_vocab_size": 2,
}
CONFIG = {
    **SIZES,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02,
}
WORDPIECES = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "京", "都", "the", "##s", "temple", ",", "."]
SENTENCES = [
    "京都には古い寺がたくさんあります。",
    "私は毎日お茶を飲みます。",
    "The old temples of Kyoto are quiet.",
    "I drink green tea every day.",
]


def write_checkpoint(
    directory: Path, name: str = "model.ckpt-20", slots: bool = False, **changes
) -> dict[str, np.ndarray]:
    """Builds the variables with Google's scopes and saves them.

    Args:
        directory: Where to write.
        name: Of the checkpoint.
        slots: Whether what Google's optimizer keeps is saved too.
        changes: Of SIZES.

    Returns:
        The values by name, without those of the optimizer.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default(), tf1.Session() as session:
        _build(**{**SIZES, **changes})
        variables = list(tf1.global_variables())
        if slots:
            tf1.get_variable("global_step", initializer=np.int64(20))
            for variable in variables:
                for slot in ("adam_m", "adam_v"):
                    tf1.get_variable(f"{variable.op.name}/{slot}", variable.shape, initializer=tf1.zeros_initializer())
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, str(directory / name))
        return {variable.op.name: value for variable, value in zip(variables, session.run(variables), strict=True)}


def save_variables(directory: Path, values: Mapping[str, np.ndarray], name: str = NAME) -> None:
    """Saves any variables."""
    with tf.Graph().as_default(), tf1.Session() as session:
        for variable, value in values.items():
            tf1.get_variable(variable, initializer=value)
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, str(directory / name))


def write_config(directory: Path, **changes) -> None:
    """Writes ``bert_config.json``."""
    (directory / "bert_config.json").write_text(json.dumps({**CONFIG, **changes}))


def write_vocabulary(directory: Path, pieces: list[str] = WORDPIECES) -> None:
    """Writes ``vocab.txt``."""
    (directory / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")


def write_sentencepiece(path: Path, **options) -> sentencepiece.SentencePieceProcessor:
    """Trains a SentencePiece model; by default its special tokens are where SentencePiece itself puts them."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_writer=model,
        vocab_size=58,
        hard_vocab_limit=False,
        minloglevel=2,
        **{"control_symbols": ["[PAD]", "[CLS]", "[SEP]", "[MASK]"], **options},
    )
    path.write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


class NumpyBert:
    """The forward pass as in the paper and in Google's code, in double precision."""

    def __init__(self, values: Mapping[str, np.ndarray]) -> None:
        self._values = {name: value.astype(np.float64) for name, value in values.items()}

    def sequence(self, ids: np.ndarray, types: np.ndarray, mask: np.ndarray) -> np.ndarray:
        tables = {
            table: self._values[f"bert/embeddings/{table}_embeddings"] for table in ("word", "token_type", "position")
        }
        states = tables["word"][ids] + tables["token_type"][types] + tables["position"][np.arange(ids.shape[1])]
        states = self._norm(states, "bert/embeddings/LayerNorm")
        for number in range(SIZES["num_hidden_layers"]):
            scope = f"bert/encoder/layer_{number}"
            attended = self._dense(
                self._attention(states, mask, f"{scope}/attention/self"), f"{scope}/attention/output/dense"
            )
            states = self._norm(states + attended, f"{scope}/attention/output/LayerNorm")
            inner = _gelu(self._dense(states, f"{scope}/intermediate/dense"))
            states = self._norm(states + self._dense(inner, f"{scope}/output/dense"), f"{scope}/output/LayerNorm")
        return states

    def pooled(self, states: np.ndarray) -> np.ndarray:
        return np.tanh(self._dense(states[:, 0], "bert/pooler/dense"))

    def token_logits(self, states: np.ndarray) -> np.ndarray:
        states = self._norm(
            _gelu(self._dense(states, "cls/predictions/transform/dense")), "cls/predictions/transform/LayerNorm"
        )
        return states @ self._values["bert/embeddings/word_embeddings"].T + self._values["cls/predictions/output_bias"]

    def next_sentence_logits(self, pooled: np.ndarray) -> np.ndarray:
        scope = "cls/seq_relationship"
        return pooled @ self._values[f"{scope}/output_weights"].T + self._values[f"{scope}/output_bias"]

    def _attention(self, states: np.ndarray, mask: np.ndarray, scope: str) -> np.ndarray:
        heads, size = SIZES["num_attention_heads"], SIZES["hidden_size"] // SIZES["num_attention_heads"]
        query, key, value = (
            self._dense(states, f"{scope}/{part}").reshape(*states.shape[:2], heads, size)
            for part in ("query", "key", "value")
        )
        scores = np.einsum("bqhd,bkhd->bhqk", query, key) / math.sqrt(size) - 10000 * (1 - mask[:, None, None, :])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return np.einsum("bhqk,bkhd->bqhd", weights, value).reshape(states.shape)

    def _dense(self, states: np.ndarray, scope: str) -> np.ndarray:
        return states @ self._values[f"{scope}/kernel"] + self._values[f"{scope}/bias"]

    def _norm(self, states: np.ndarray, scope: str) -> np.ndarray:
        centred = states - states.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self._values[f"{scope}/gamma"] + self._values[f"{scope}/beta"]


def _gelu(states: np.ndarray) -> np.ndarray:
    return states * 0.5 * (1 + np.vectorize(math.erf)(states / math.sqrt(2)))


def _build(
    vocab_size: int,
    hidden_size: int,
    num_hidden_layers: int,
    num_attention_heads: int,
    intermediate_size: int,
    max_position_embeddings: int,
    type_vocab_size: int,
) -> None:
    width, random = hidden_size, np.random.default_rng(3)

    def variable(name: str, *shape: int) -> None:
        tf1.get_variable(name, initializer=random.normal(scale=0.3, size=shape).astype(np.float32))

    def dense(name: str, inputs: int, outputs: int) -> None:
        with tf1.variable_scope(name):
            variable("kernel", inputs, outputs)
            variable("bias", outputs)

    def layer_norm() -> None:
        with tf1.variable_scope("LayerNorm"):
            variable("beta", width)
            variable("gamma", width)

    with tf1.variable_scope("bert"):
        with tf1.variable_scope("embeddings"):
            variable("word_embeddings", vocab_size, width)
            variable("token_type_embeddings", type_vocab_size, width)
            variable("position_embeddings", max_position_embeddings, width)
            layer_norm()
        with tf1.variable_scope("encoder"):
            for number in range(num_hidden_layers):
                with tf1.variable_scope(f"layer_{number}"):
                    with tf1.variable_scope("attention"):
                        with tf1.variable_scope("self"):
                            for name in ("query", "key", "value"):
                                dense(name, width, width)
                        with tf1.variable_scope("output"):
                            dense("dense", width, width)
                            layer_norm()
                    with tf1.variable_scope("intermediate"):
                        dense("dense", width, intermediate_size)
                    with tf1.variable_scope("output"):
                        dense("dense", intermediate_size, width)
                        layer_norm()
        with tf1.variable_scope("pooler"):
            dense("dense", width, width)
    with tf1.variable_scope("cls/predictions"):
        with tf1.variable_scope("transform"):
            dense("dense", width, width)
            layer_norm()
        variable("output_bias", vocab_size)
    with tf1.variable_scope("cls/seq_relationship"):
        variable("output_weights", 2, width)
        variable("output_bias", 2)
