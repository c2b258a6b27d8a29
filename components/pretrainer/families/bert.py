"""BERT (Devlin et al. 2019, arXiv:1810.04805); see `components.pretrainer.families.Family`."""

from typing import Any

import tensorflow as tf
from transformers import BertConfig, TFBertForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.layers import run_layers
from components.pretrainer.families.products import project
from components.pretrainer.masking import Vocabulary


def sizes(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> dict[str, Any]:
    """The settings that BERT shares with the architectures that came after it."""
    return {
        "vocab_size": vocabulary.size,
        "pad_token_id": vocabulary.pad_id,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_positions,
        "initializer_range": initializer_range,
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": config.dropout,
    }


def new_config(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> BertConfig:
    """See `Family`."""
    return BertConfig(**sizes(config, vocabulary, initializer_range))


def sees_texts_apart(config: BertConfig) -> bool:
    """See `Family`."""
    return True


def encode(
    network: TFBertForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """See `Family`."""
    bert = network.bert
    states = bert.embeddings(input_ids=input_ids, position_ids=position_ids, training=training)
    return run_layers(bert.encoder, states, text_ids, training)


def predict_tokens(network: TFBertForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """See `Family`."""
    head = network.mlm.predictions
    return project(head, head.transform(tf.gather(states, positions, batch_dims=1)))
