"""What cannot be imported, and what is said about it."""

import json
import shutil

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import (
    AlbertTokenizer,
    AutoTokenizer,
    BertJapaneseTokenizer,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
    T5Tokenizer,
    XLNetTokenizer,
)

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer import families


def imported(source, tmp_path) -> None:
    import_tokenizer(source, tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())


def roberta(source, vocabulary) -> None:
    source.mkdir()
    (source / "vocab.json").write_text(json.dumps({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "<mask>": 5}))
    (source / "merges.txt").write_text("#version: 0.2\n")
    RobertaTokenizer(str(source / "vocab.json"), str(source / "merges.txt")).save_pretrained(source)


def word_level(source, vocabulary) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(source)


def xlnet(source, vocabulary) -> None:
    source.mkdir()
    (source / "spiece.model").write_bytes(families.train())
    XLNetTokenizer(str(source / "spiece.model")).save_pretrained(source)


def bert(change):
    def write(source, vocabulary) -> None:
        tokenizer = BertTokenizerFast(str(vocabulary))
        change(tokenizer)
        tokenizer.save_pretrained(source)

    return write


def other_normalizer(tokenizer) -> None:
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])


def uncleaned(tokenizer) -> None:
    tokenizer.backend_tokenizer.normalizer = normalizers.BertNormalizer(clean_text=False)


def other_prefix(tokenizer) -> None:
    tokenizer.backend_tokenizer.model.continuing_subword_prefix = "@@"


def bare_ends(tokenizer) -> None:
    tokenizer.backend_tokenizer.post_processor = None


def added_words(tokenizer) -> None:
    tokenizer.add_tokens(["covid", "ロックダウン"])


def mecab(source, vocabulary) -> None:
    source.mkdir()
    shutil.copyfile(vocabulary, source / "vocab.txt")
    config = {"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"}
    (source / "tokenizer_config.json").write_text(json.dumps(config))


def basic_japanese(source, vocabulary) -> None:
    BertJapaneseTokenizer(str(vocabulary)).save_pretrained(source)


def lower_casing_deberta(source, vocabulary) -> None:
    source.mkdir()
    families.deberta(source)
    config = source / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "do_lower_case": True}))


def t5_without_a_space(source, vocabulary) -> None:
    source.mkdir()
    (source / "spiece.model").write_bytes(families.train(**families.T5))
    T5Tokenizer(str(source / "spiece.model"), legacy=False, add_prefix_space=False).save_pretrained(source)


def albert_without_a_comma(source, vocabulary) -> None:
    source.mkdir()
    model = families.train(["no comma here", "読点なし"], **families.ALBERT, vocab_size=40)
    (source / "spiece.model").write_bytes(model)
    AlbertTokenizer(str(source / "spiece.model")).save_pretrained(source)


def sentencepiece_without_its_model(source, vocabulary) -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), ("a", -1.0)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(source)


REFUSED = {
    roberta: "RobertaTokenizerFast made of BPE, None, ByteLevel",
    word_level: "PreTrainedTokenizerFast made of WordLevel",
    xlnet: "XLNetTokenizer",
    bert(other_normalizer): "BertTokenizerFast made of WordPiece, Sequence, BertPreTokenizer",
    bert(uncleaned): "BertTokenizerFast that does not clean text",
    bert(other_prefix): "BertTokenizerFast whose pieces go on with '@@'",
    bert(bare_ends): r"BertTokenizerFast that makes \[\] of an empty text, not \[2, 3\] \(see post_processor",
    mecab: "BertJapaneseTokenizer that cannot be loaded here .*MecabTokenizer",
    basic_japanese: "BertJapaneseTokenizer with basic words and wordpiece pieces",
    lower_casing_deberta: "DebertaV2Tokenizer with do_lower_case",
    t5_without_a_space: "T5Tokenizer without add_prefix_space",
    albert_without_a_comma: "a tokenizer of ALBERT's kind whose model has no piece for the comma",
    sentencepiece_without_its_model: "PreTrainedTokenizerFast made of Unigram, None, Metaspace without its .model file",
}


@pytest.mark.parametrize("write, found", REFUSED.items())
def test_what_was_found_and_what_is_supported(trained, tmp_path, write, found):
    write(tmp_path / "source", trained["uncased"] / "vocab.txt")
    with pytest.raises(
        ConfigError, match=f"^tokenizer.source: found {found}.*; supported are WordPiece.*Byte-level BPE"
    ):
        imported(tmp_path / "source", tmp_path)


def test_added_words_are_refused(trained, family, tmp_path):
    bert(added_words)(tmp_path / "bert", trained["uncased"] / "vocab.txt")
    with pytest.raises(ConfigError, match="2 words were added to the tokenizer, such as 'covid'"):
        imported(tmp_path / "bert", tmp_path)
    (tmp_path / "t5").mkdir()
    families.t5({}, legacy=True)(tmp_path / "t5")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "t5", use_fast=False)
    tokenizer.add_tokens(["covid"])
    tokenizer.save_pretrained(tmp_path / "t5")
    with pytest.raises(ConfigError, match="1 words were added to the tokenizer, such as 'covid'"):
        imported(tmp_path / "t5", tmp_path)


SENTENCEPIECE = {
    "xlm-roberta": families.xlm_roberta,
    "t5": families.t5({}, legacy=True),
    "albert": families.albert({}),
    "deberta": families.deberta,
    "big-bird": families.big_bird,
}


@pytest.mark.parametrize("name", SENTENCEPIECE)
def test_added_words_that_are_pieces_are_refused(tmp_path, name):
    SENTENCEPIECE[name](tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path, use_fast=False)
    assert tokenizer.convert_tokens_to_ids("の") != tokenizer.unk_token_id
    tokenizer.add_tokens(["の"])
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"words were added to the tokenizer, such as 'の' \(added_tokens_decoder in"):
        imported(tmp_path, tmp_path)


@pytest.mark.parametrize("role", ["pad", "cls", "sep"])
def test_a_missing_special_token(trained, tmp_path, role):
    bert(lambda tokenizer: setattr(tokenizer, f"{role}_token", None))(tmp_path / "a", trained["uncased"] / "vocab.txt")
    with pytest.raises(ConfigError, match=f"the tokenizer has no {role} token: set {role}_token in its tokenizer_conf"):
        imported(tmp_path / "a", tmp_path)


def test_sampling_that_is_off_is_no_option(tmp_path):
    (tmp_path / "source").mkdir()
    families.xlm_roberta(tmp_path / "source")
    config = tmp_path / "source" / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "sp_model_kwargs": {"enable_sampling": False}}))
    imported(tmp_path / "source", tmp_path)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"vocab\.txt .* or a \.model"):
        imported(tmp_path / "vocab.json", tmp_path)


def test_a_missing_source(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="no tokenizer can be loaded from"):
        imported(tmp_path / "nowhere", tmp_path)
