"""ELECTRA's generator (Clark et al. 2020, arXiv:2003.10555); see `components.pretrainer.families.Family`."""

import tensorflow as tf
from transformers import ElectraConfig, TFElectraForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.bert import sizes
from components.pretrainer.families.layers import run_layers
from components.pretrainer.families.products import project
from components.pretrainer.masking import Vocabulary


def new_config(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> ElectraConfig:
    """See `Family`."""
    return ElectraConfig(**sizes(config, vocabulary, initializer_range), embedding_size=config.hidden_size)


def sees_texts_apart(config: ElectraConfig) -> bool:
    """See `Family`."""
    return True


def encode(
    network: TFElectraForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """See `Family`."""
    electra = network.electra
    states = electra.embeddings(input_ids=input_ids, position_ids=position_ids, training=training)
    if network.config.embedding_size != network.config.hidden_size:
        states = electra.embeddings_project(states)
    return run_layers(electra.encoder, states, text_ids, training)


def predict_tokens(network: TFElectraForMaskedLM, states: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """See `Family`."""
    transformed = network.generator_predictions(tf.gather(states, positions, batch_dims=1))
    return project(network.generator_lm_head, transformed)
