"""No text becomes a special token; special tokens are where they should be."""

import pytest
import tensorflow as tf
from transformers import AutoTokenizer

from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer import families
from tests.components.tokenizer.conftest import FAMILIES
from tests.components.tokenizer.parity import assert_equal_ids

NAMES = [
    *("[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "<s>", "</s>", "<pad>", "<mask>", "<unk>"),
    *("<cls>", "<sep>", "<extra_id_0>", "<extra_id_9>", "[cls]", "＜s＞"),
]
LITERALS = [*NAMES, " ".join(NAMES), "".join(NAMES), *(f"The{name}letter {name} 犬{name}" for name in NAMES)]


def assert_no_special_token(directory) -> None:
    graph, tokenizer = TextGraph.load(directory), AutoTokenizer.from_pretrained(directory)
    forbidden = {*graph.special_ids, *tokenizer.all_special_ids} - {graph.unk_id}
    for text, ids in zip(LITERALS, graph.encode(tf.constant(LITERALS)).to_list(), strict=True):
        assert forbidden.isdisjoint(ids), text


@pytest.mark.parametrize("name", FAMILIES)
def test_no_text_becomes_a_special_token(family, name):
    assert_no_special_token(family(name).directory)
    assert_equal_ids(LITERALS, family(name).graph, family(name).auto)
    assert_equal_ids(LITERALS, family(name).graph, family(name).reference)


MODELS = {
    "met by the model": {"user_defined_symbols": ["[SEP]", "<mask>", "<pad>", "<extra_id_0>"]},
    "of characters unknown to it": {
        "texts": ["ここには漢字と仮名しかない", "英字はない、記号も"] * 5,
        "vocab_size": 60,
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_nor_where_the_library_would_make_it_one(tmp_path, name):
    model = tmp_path / "spm.model"
    model.write_bytes(families.train(**MODELS[name]))
    import_tokenizer(model, tmp_path / "bare", TokenizerConfig(kind="import"), TextConfig())
    assert_no_special_token(tmp_path / "bare")


def test_nor_in_a_family_whose_model_meets_it(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    families.t5({"user_defined_symbols": ["<extra_id_0>", "<pad>x"]}, legacy=False)(source)
    import_tokenizer(source, tmp_path / "t5", TokenizerConfig(kind="import"), TextConfig())
    assert_no_special_token(tmp_path / "t5")


MASKED = ["The <mask> letter .", "<mask>", "駅前の <mask>屋は<mask>", "a  <mask>  <mask> b", "no mask"]


@pytest.mark.parametrize("name, mask", [("xlm-roberta", "<mask>"), ("deberta", "[MASK]"), ("albert-accents", "[MASK]")])
def test_the_mask_is_where_the_family_has_it(family, name, mask):
    texts = [text.replace("<mask>", mask) for text in MASKED]
    ours = AutoTokenizer.from_pretrained(family(name).directory)
    theirs = AutoTokenizer.from_pretrained(family(name).directory.parent / f"{name}-source", use_fast=False)
    expected = theirs(texts)["input_ids"]
    assert sum(ids.count(ours.mask_token_id) for ids in expected) == 6
    assert ours(texts)["input_ids"] == expected
    marked = tf.constant([text.replace("<mask>", "[MASK]") for text in MASKED])
    assert TextGraph.load(family(name).directory).tokenize_masked(marked).to_list() == expected
    assert TextGraph.load(family(name).directory).tokenize_masked(marked, 4).to_list() == [
        [*ids[:-1][:3], ids[-1]] for ids in expected
    ]


def test_the_mask_of_a_model_whose_first_pieces_are_text(family):
    tokenizer = AutoTokenizer.from_pretrained(family("bare").directory)
    graph = TextGraph.load(family("bare").directory)
    assert tokenizer("a [MASK]")["input_ids"] == graph.tokenize(["a [MASK]"]).to_list()[0]
    tokenizer.split_special_tokens = False
    assert tokenizer("a [MASK]")["input_ids"] == graph.tokenize_masked(["a [MASK]"]).to_list()[0]
