"""DeBERTa-v2 and v3 (He et al. 2021, arXiv:2006.03654 and 2111.09543); see `components.pretrainer.families.Family`.

What is pretrained here is a masked language model with DeBERTa's encoder; v3's own task, replaced token detection, is
not.
"""

import tensorflow as tf
from transformers import DebertaV2Config, TFDebertaV2ForMaskedLM

from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families.attention import visible
from components.pretrainer.families.bert import predict_tokens, sizes
from components.pretrainer.masking import Vocabulary

__all__ = ["encode", "new_config", "predict_tokens", "sees_texts_apart"]


def new_config(config: PretrainerConfig, vocabulary: Vocabulary, initializer_range: float) -> DebertaV2Config:
    """See `Family`; relative positions are told apart as in DeBERTa-v3, in half as many buckets as positions."""
    return DebertaV2Config(
        **sizes(config, vocabulary, initializer_range),
        type_vocab_size=0,
        relative_attention=True,
        position_biased_input=False,
        position_buckets=max(config.max_positions // 2, 2),
        pos_att_type=["p2c", "c2p"],
        share_att_key=True,
        norm_rel_ebd="layer_norm",
    )


def sees_texts_apart(config: DebertaV2Config) -> bool:
    """See `Family`: not where a convolution over neighbouring positions knows no texts, as in v2's large models."""
    return getattr(config, "conv_kernel_size", 0) == 0


def encode(
    network: TFDebertaV2ForMaskedLM,
    input_ids: tf.Tensor,
    text_ids: tf.Tensor,
    position_ids: tf.Tensor | None = None,
    training: bool = False,
) -> tf.Tensor:
    """See `Family`; distances between positions are the same in a block as in a text alone."""
    deberta = network.deberta
    present = tf.cast(text_ids > 0, tf.int32)
    states = deberta.embeddings(input_ids=input_ids, position_ids=position_ids, mask=present, training=training)
    apart = sees_texts_apart(network.config)
    return deberta.encoder(
        hidden_states=states,
        attention_mask=tf.cast(visible(text_ids), tf.int32) if apart else present,
        output_attentions=False,
        output_hidden_states=False,
        return_dict=True,
        training=training,
    ).last_hidden_state
