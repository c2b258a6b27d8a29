"""The class that AutoTokenizer would make is decided before anything is loaded."""

import json

import pytest

from components.errors import ConfigError, DataError
from components.tokenizer import classes, reference

ALLOWED = [
    ({"tokenizer_class": "BertTokenizerFast"}, None),
    ({"tokenizer_class": "TokenizersBackend"}, {"model_type": "transfo-xl"}),
    ({}, {"tokenizer_class": "XLMRobertaTokenizer", "model_type": "bert"}),
    *(({}, {"model_type": name}) for name in ("bert", "xlm-roberta", "deberta-v2", "t5", "mt5", "albert", "electra")),
]
REFUSED = [
    ({"tokenizer_class": "TransfoXLTokenizer"}, {"model_type": "bert"}, "TransfoXLTokenizer"),
    ({"tokenizer_class": 5}, None, "tokenizer_class 5"),
    ({}, {"tokenizer_class": "TransfoXLTokenizer", "model_type": "bert"}, "TransfoXLTokenizer"),
    ({}, {"model_type": "transfo-xl"}, "TransfoXLTokenizer"),
    ({}, {"model_type": "layoutlmv2"}, "LayoutLMv2Tokenizer"),
    ({}, {"model_type": "寺"}, "model_type 寺"),
    ({}, {"model_type": ["bert"]}, r"model_type \['bert'\]"),
]


@pytest.mark.parametrize(("tokenizer_config", "config"), ALLOWED)
def test_allowed(tmp_path, tokenizer_config, config):
    classes.check(tmp_path, tokenizer_config, config)


@pytest.mark.parametrize(("tokenizer_config", "config", "found"), REFUSED)
def test_refused(tmp_path, tokenizer_config, config, found):
    with pytest.raises(ConfigError, match=f"found {found}; supported are"):
        classes.check(tmp_path, tokenizer_config, config)


@pytest.mark.parametrize("config", [None, {}, {"vocab_size": 5}])
def test_the_path_does_not_decide(tmp_path, config):
    with pytest.raises(DataError, match=r"tokenizer_config\.json has no tokenizer_class, and config\.json neither"):
        classes.check(tmp_path / "bert", {}, config)


@pytest.mark.parametrize("config", [{"tokenizer_class": "TransfoXLTokenizer"}, {"model_type": "transfo-xl"}])
def test_a_class_that_reads_pickles_is_not_reached(tmp_path, monkeypatch, config):
    monkeypatch.setattr(reference.AutoTokenizer, "from_pretrained", lambda *a, **k: pytest.fail("it was loaded"))
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "vocab.pkl").write_bytes(b"x")
    with pytest.raises(ConfigError, match="found TransfoXLTokenizer"):
        reference.load(tmp_path, use_fast=True)
