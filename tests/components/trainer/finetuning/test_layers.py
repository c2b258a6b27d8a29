"""Depths of variables in tiny models of every family."""

from operator import attrgetter

import pytest
from transformers import TFPreTrainedModel

from components.errors import ConfigError
from components.feature_gen.encoder import load_encoder
from components.trainer.finetuning.layers import unfrozen, variable_depth, variables_by_depth
from tests.components.backbone.families import FAMILIES

pytestmark = pytest.mark.slow

# Where each family has its stack of layers, and what it keeps below.
STACKS = {
    "bert": ("bert.encoder.layer", {"embeddings"}),
    "distilbert": ("distilbert.transformer.layer", {"embeddings"}),
    "electra": ("electra.encoder.layer", {"embeddings", "embeddings_project"}),
    "multilingual MiniLM": ("bert.encoder.layer", {"embeddings"}),
    "deberta-v3": ("deberta.encoder.layer", {"embeddings", "rel_embeddings.weight:0", "LayerNorm"}),
    "albert": ("albert.encoder.albert_layer_groups", {"embeddings", "embedding_hidden_mapping_in"}),
    "xlm-roberta": ("roberta.encoder.layer", {"embeddings"}),
    "t5": ("encoder.block", {"shared"}),
}


@pytest.fixture(scope="module", params=list(STACKS))
def family(request):
    return request.param


@pytest.fixture(scope="module")
def encoder(family, tmp_path_factory) -> TFPreTrainedModel:
    folder = tmp_path_factory.mktemp(family.replace(" ", "-"))
    FAMILIES[family].write(folder)
    return load_encoder(folder)


def refs(variables):
    return {variable.ref() for variable in variables}


def test_depths_are_those_of_the_layer_objects(family, encoder):
    path, below = STACKS[family]
    stack = list(attrgetter(path)(encoder))

    embeddings, *layers = variables_by_depth(encoder)

    assert len(layers) == len(stack) == (1 if family == "albert" else 2), "ALBERT's layers share their variables"
    for variables, layer in zip(layers[:-1], stack[:-1], strict=True):
        assert refs(variables) == refs(layer.variables)
    above = refs(layers[-1]) - refs(stack[-1].variables)
    assert ["final_layer_norm" in each.deref().name for each in above] == [True] * (family == "t5")
    assert all(below & set(variable.name.split("/")) for variable in embeddings)
    everything = [*embeddings, *(variable for layer in layers for variable in layer)]
    assert len(everything) == len(encoder.variables) and refs(everything) == refs(encoder.variables)


def test_the_top_is_the_last_layers_and_null_is_all(family, encoder):
    groups = variables_by_depth(encoder)

    assert [refs(depth) for depth in unfrozen(encoder, None)] == [refs(depth) for depth in groups]
    assert [refs(depth) for depth in unfrozen(encoder, 1)] == [refs(groups[-1])]
    with pytest.raises(ConfigError, match=rf"trainer\.unfreeze\.layers: 3 layers .* has {len(groups) - 1}"):
        unfrozen(encoder, 3)


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("tf_bert_model/bert/pooler/dense/kernel:0", None),
        ("tf_bert_model/bert/encoder/layer_._11/attention/output/LayerNorm/gamma:0", 12),
        ("tf_bert_model/bert/encoder/layer_._1/output/dense/kernel/replica_1:0", 2),
        ("tf_deberta_v2_model/deberta/encoder/conv/conv/kernel:0", 1),
        ("tf_funnel_model/funnel/encoder/blocks_._2_._0/attention/q_head/kernel:0", 3),
    ],
)
def test_names(name, depth):
    assert variable_depth(name) == depth
