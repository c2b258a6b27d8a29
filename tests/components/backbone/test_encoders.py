"""Every key of every family's configuration class is honoured, refused by its name, or changes no hidden state."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file
from transformers import CONFIG_MAPPING, AutoConfig, TFPreTrainedModel
from transformers.activations_tf import get_tf_activation

from components.backbone import settings, weights
from components.backbone.encoders import ACTIVATION_NAMES, FAMILIES, FIXED_EVERYWHERE
from components.backbone.loading import as_the_reference, bucket_positions, model_class
from components.errors import DataError
from components.feature_gen.encoder import encode, load_encoder, token_vectors
from tests.components.backbone import variants

HARMLESS = {
    *("_name_or_path", "add_final_layer_norm", "architectures", "bad_words_ids", "begin_suppress_tokens"),
    *("bos_token_id", "chunk_size_feed_forward", "classifier_dropout", "classifier_dropout_prob"),
    *("cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping"),
    *("encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty", "finetuning_task"),
    *("forced_bos_token_id", "forced_eos_token_id", "id2label", "initializer_factor", "initializer_range"),
    *("is_encoder_decoder", "label2id", "legacy", "length_penalty", "max_length", "min_length", "model_type"),
    *("no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_decoder_layers", "num_labels"),
    *("num_return_sequences", "output_attentions", "output_hidden_states", "output_scores", "pooler_dropout"),
    *("pooler_hidden_act", "pooler_hidden_size", "prefix", "problem_type", "qa_dropout", "remove_invalid_values"),
    *("repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id", "seq_classif_dropout"),
    *("sinusoidal_pos_embds", "summary_activation", "summary_first_dropout", "summary_last_dropout", "summary_type"),
    *("summary_use_proj", "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss"),
    *("tie_encoder_decoder", "tie_word_embeddings", "tokenizer_class", "top_k", "top_p", "torch_dtype"),
    *("torchscript", "transformers_version", "typical_p", "use_bfloat16", "use_cache"),
}
"""Heads, decoders, generation, initial values, notes, and forms of output."""
ONLY_IN_TRAINING = re.compile(r".*dropout.*")
NOT_COMPUTED = {
    "position_embedding_type": ["relative_key", "relative_key_query", None, "rotary"],
    "is_decoder": [True],
    "add_cross_attention": [True],
    "pruned_heads": [{"0": [1]}],
    "quantization_config": [{"load_in_8bit": True}],
    "relative_attention_num_buckets": [40],
    "conv_groups": [2],
    "rope_theta": [10000.0],
    "is_causal": [True],
}
STILL = {"positions", "no padding", "padding 3", "tuples", "sinusoidal", "untied", "one type", "two types", "types"}
"""Variants that change no hidden state, with weights that depend on names."""
REFERENCE = Path(__file__).with_name("reference.npz")
REFUSED = {("mpnet", "buckets"), ("deberta-v2", "own keys"), ("deberta-v2", "own keys, c2p")}


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE, allow_pickle=False) as archive:
        return dict(archive)


def write(directory: Path, family: str, variant: str = "", **changes) -> Path:
    """Writes an encoder as PyTorch users publish it, with the weights that the reference had."""
    content = {"model_type": family, **variants.settings(family, variant), **changes}
    (directory / "config.json").write_text(json.dumps(content))
    shapes, _ = weights._expected(settings.load(directory), directory / "model.safetensors")
    tensors = {name: variants.weight(name, shape) for name, shape in shapes.items()}
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    return directory


def built(directory: Path, family: str, variant: str) -> TFPreTrainedModel:
    """The same encoder without the way over files of weights, which takes longer."""
    content = {"model_type": family, **variants.settings(family, variant)}
    (directory / "config.json").write_text(json.dumps(content))
    config = settings.load(directory)
    model = model_class(config).from_config(config)
    model.build_in_name_scope()
    for variable in model.weights:
        name, shape = weights._pytorch(variable.name, tuple(variable.shape), model)
        value = variants.weight(name.removeprefix(f"{model.base_model_prefix}."), shape)
        variable.assign(value if shape == tuple(variable.shape) and "kernel" not in variable.name else value.T)
    return as_the_reference(model)


def padded(directory: Path) -> np.ndarray:
    """The ids of the texts, padded as FeatureGen pads them."""
    padding = settings.load(directory).pad_token_id or 0
    return np.where(variants.mask().astype(bool), variants.IDS, padding).astype(np.int32)


@pytest.mark.parametrize(("family", "variant"), variants.cases(), ids=lambda value: value or "plain")
def test_hidden_states_are_those_of_pytorch(reference, tmp_path, family, variant):
    if (family, variant) in REFUSED:
        with pytest.raises(DataError, match="relative_attention_num_buckets|share_att_key"):
            write(tmp_path, family, variant)
        return
    model = load_encoder(write(tmp_path, family, variant)) if not variant else built(tmp_path, family, variant)
    states = token_vectors(model, tf.constant(padded(tmp_path)), tf.constant(variants.mask().astype(bool)))
    found = states.numpy()[variants.mask().astype(bool)]
    np.testing.assert_allclose(found, reference[f"{family}/{variant}"], atol=1e-4)


@pytest.mark.parametrize("name", variants.ACTIVATIONS)
def test_activations_are_those_of_pytorch(reference, name):
    found = get_tf_activation(ACTIVATION_NAMES[name])(tf.constant(variants.inputs_of_activations()))
    np.testing.assert_allclose(found, reference[f"activation/{name}"], atol=1e-5)


def test_every_activation_is_compared():
    assert set(variants.ACTIVATIONS) == set(ACTIVATION_NAMES)


@pytest.mark.parametrize(
    "family",
    [name for name in FAMILIES if name not in ("albert", "mpnet", "deberta-v2", "roberta-prelayernorm", "t5", "mt5")],
)
def test_serving_without_padding_gives_the_same(tmp_path, family):
    model = load_encoder(write(tmp_path, family, "pad 3" if "roberta" in family else ""))
    ids, lengths = tf.constant(padded(tmp_path)), tf.constant(variants.LENGTHS)
    served = encode(model, ids, lengths, "mean", without_padding=True)
    np.testing.assert_allclose(served, encode(model, ids, lengths, "mean"), atol=1e-4)


def keys_of(family: str) -> set[str]:
    return set(AutoConfig.for_model(family).to_dict())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_key_is_known(family):
    table = FAMILIES[family]
    known = HARMLESS | set(table.honoured) | set(table.fixed) | set(FIXED_EVERYWHERE)
    assert keys_of(family) - known == set()
    assert not HARMLESS & (set(table.honoured) | set(table.fixed) | set(FIXED_EVERYWHERE))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_honoured_key_is_compared_with_the_reference(reference, family):
    """Some variant changes it, and the reference's hidden states with it, where that is to be expected."""
    if family in ("mt5", "xlm-roberta", "camembert", "roberta-prelayernorm"):
        return  # under other names what T5 and RoBERTa are
    changed = {key for settings in variants.VARIANTS[family].values() for key in settings}
    honoured = {key for key in FAMILIES[family].honoured if not ONLY_IN_TRAINING.fullmatch(key)}
    assert honoured - changed - {"vocab_size", "is_gated_act", "pad_token_id"} == set()
    # MPNet counts positions from 2 on whatever its padding id.
    still = STILL | {"pad 0", "pad 3", "buckets"} if family == "mpnet" else STILL
    for variant in set(variants.VARIANTS[family]) - still:
        plain, other = reference[f"{family}/"], reference[f"{family}/{variant}"]
        assert plain.shape != other.shape or not np.allclose(plain, other), variant


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_computed_is_refused_by_its_name(tmp_path, family):
    table = FAMILIES[family]
    for key, values in NOT_COMPUTED.items():
        if key in table.fixed or key in FIXED_EVERYWHERE:
            for value in values:
                with pytest.raises(DataError, match=rf"config\.json: {key} is .*, but is not computed here unless it"):
                    write(tmp_path, family, **{key: value})
    for key in table.fixed:
        assert key in NOT_COMPUTED


WRONG = ["16", -2, 1.5, True, [], {}, "x" * 200, 10**30, float("nan")]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_value_of_another_kind_is_refused_by_the_name_of_its_key(tmp_path, family):
    others = {key for key, usual in CONFIG_MAPPING[family].attribute_map.items() if usual in FAMILIES[family].honoured}
    for key in others | set(FAMILIES[family].honoured):
        refused = 0
        for value in WRONG:
            try:
                write(tmp_path, family, **{key: value})
            except DataError as error:
                assert f"config.json: {key} is " in str(error) and len(str(error)) < 500
                refused += 1
        assert refused >= len(WRONG) - 1  # some keys are switches


@pytest.mark.parametrize("key", ["hidden_act"])
@pytest.mark.parametrize("name", ["laplace", "leaky_relu", "linear", "relu2", "relu6", "prelu", "glu", "GELU", None])
def test_activations_that_tensorflow_lacks_are_refused(tmp_path, key, name):
    with pytest.raises(DataError, match=f"config.json: {key} is {name!r}, but must be one of gelu, gelu_10, "):
        write(tmp_path, "bert", **{key: name})


@pytest.mark.parametrize("model_type", ["modernbert", "convbert", "", None, 5, ["bert"], "gpt2"])
def test_other_kinds_are_refused(tmp_path, model_type):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    with pytest.raises(DataError, match=r"config\.json: model_type is .* use one of bert, distilbert, electra, "):
        settings.read(tmp_path)


@pytest.mark.parametrize("name", ["BertModel", "TFBertForMaskedLM", "BertLMHeadModel", "BertForPreTraining"])
def test_classes_of_the_family(tmp_path, name):
    write(tmp_path, "bert", architectures=[name])


@pytest.mark.parametrize(
    "name", ["RobertaModel", "NomicBertModel", "BertWithRelativePositions", "bert", 5, ["BertModel"]]
)
def test_classes_of_others_are_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"config\.json: architectures names .* no class of a bert, .* write BertModel"):
        write(tmp_path, "bert", architectures=[name])


@pytest.mark.parametrize("padding", [None, -1, "1", 40])
@pytest.mark.parametrize("family", ["roberta", "xlm-roberta", "camembert", "roberta-prelayernorm"])
def test_a_padding_id_that_no_position_can_be_counted_from(tmp_path, family, padding):
    with pytest.raises(DataError, match=r"config\.json: pad_token_id is "):
        write(tmp_path, family, pad_token_id=padding)


UNFIT = [
    ("t5", {"relative_attention_num_buckets": 3}, "relative_attention_num_buckets is 3"),
    ("mt5", {"relative_attention_max_distance": 8, "relative_attention_num_buckets": 32}, "relative_attention_num"),
    ("albert", {"num_hidden_groups": 5, "num_hidden_layers": 2}, "num_hidden_groups is 5, more than"),
    ("deberta-v2", {"position_biased_input": True, "embedding_size": 8}, "embedding_size is 8, but with"),
    ("deberta-v2", {"relative_attention": True, "position_buckets": 1}, "position_buckets is 1"),
    ("deberta-v2", {"relative_attention": True, "position_buckets": 16, "max_relative_positions": 9}, "up to 9"),
]


@pytest.mark.parametrize(("family", "changes", "message"), UNFIT)
def test_keys_that_do_not_go_together(tmp_path, family, changes, message):
    with pytest.raises(DataError, match=rf"config\.json: .*{message}"):
        write(tmp_path, family, **changes)


# What PyTorch's make_log_bucket_position gives, of transformers 4.53 and PyTorch 2.13: distances from `start` on.
BUCKETS = [
    (28, 32, 13, [13, 14, 16, 17, 18, 19, 19, 20, 21, 22, 23, 23, 24, 25, 25, 26, 26, 27, 27]),
    (12, 32, 5, [5, 6, 7, 7, 8, 8, 8, 9, 9, 9, 9, 9, 10, 10, 10, 10, 10, 10, 11, 11]),
    (96, 128, 126, [95, 95]),
    (224, 256, 254, [223, 223]),
]


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(("buckets", "most", "start", "expected"), BUCKETS)
def test_buckets_of_distances_are_those_of_pytorch(buckets, most, start, expected, traced):
    compute = tf.function(bucket_positions) if traced else bucket_positions
    distances = tf.range(start, start + len(expected))
    assert compute(distances, buckets, most).numpy().tolist() == expected
    assert compute(-distances, buckets, most).numpy().tolist() == [-one for one in expected]


def test_heads_that_do_not_divide_the_width(tmp_path):
    with pytest.raises(DataError, match="hidden_size is 16, which is no multiple of num_attention_heads"):
        write(tmp_path, "bert", num_attention_heads=3)


@pytest.mark.parametrize("name", settings.ADAPTERS)
def test_an_adapter_is_refused(tmp_path, name):
    write(tmp_path, "bert")
    (tmp_path / name).write_text("{}")
    with pytest.raises(DataError, match=f"{name} is an adapter .* merge it into the model"):
        settings.read(tmp_path)


def test_keys_that_nobody_knows_are_notes(tmp_path):
    write(tmp_path, "bert", gap_size=0, trained_by="somebody", dtype="float32")
    load_encoder(tmp_path)
