import json
import shutil

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoTokenizer,
    BertConfig,
    DebertaV2Tokenizer,
    DistilBertTokenizerFast,
    ElectraTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
    XLMRobertaTokenizer,
)

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.text_transform.texts import HARD
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.parity import (
    auto_encode,
    differing,
    graph_encode,
    hugging_face_encode,
    sentencepiece_encode,
)
from tests.components.tokenizer.test_sentencepiece_layout import model_of_somebody_else

IMPORT = TokenizerConfig(kind="import")


def imported(source, tmp_path, config=IMPORT, text=None):
    directory = tmp_path / "imported"
    import_tokenizer(source, directory, config, text or TextConfig())
    return directory


@pytest.mark.parametrize("family", [DistilBertTokenizerFast, ElectraTokenizerFast])
def test_families_of_bert(trained, tmp_path, family):
    family(vocab_file=str(trained["cased"] / "vocab.txt"), do_lower_case=False).save_pretrained(tmp_path / "source")
    directory = imported(tmp_path / "source", tmp_path)
    assert differing(TEXTS + HARD, graph_encode(directory), auto_encode(tmp_path / "source")) == []
    assert differing(TEXTS + HARD, graph_encode(directory), auto_encode(directory)) == []


def test_a_model_directory_with_nothing_but_config_and_vocabulary(trained, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    shutil.copyfile(trained["uncased"] / "vocab.txt", source / "vocab.txt")
    BertConfig(vocab_size=500).save_pretrained(source)
    directory = imported(source, tmp_path)
    assert differing(TEXTS + HARD, graph_encode(directory), graph_encode(trained["uncased"])) == []


def test_padding_and_truncation_of_the_source_are_left_behind(trained, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(trained["uncased"])
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=4)
    tokenizer.backend_tokenizer.save(str(trained["uncased"].parent / "truncating.json"))
    source = tmp_path / "source"
    shutil.copytree(trained["uncased"], source, ignore=shutil.ignore_patterns("text_graph*", "tokenizer.json"))
    shutil.copyfile(trained["uncased"].parent / "truncating.json", source / "tokenizer.json")
    written = json.loads((imported(source, tmp_path) / "tokenizer.json").read_text())
    assert (written["truncation"], written["padding"]) == (None, None)


def test_a_bare_vocabulary(trained, tmp_path):
    directory = imported(trained["cased"] / "vocab.txt", tmp_path, TokenizerConfig(kind="import", lowercase=False))
    assert differing(TEXTS + HARD, graph_encode(directory), graph_encode(trained["cased"])) == []


def test_a_repeated_piece_has_its_last_id(tmp_path):
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\ndog\ncat\n犬\n", encoding="utf-8")
    directory = imported(vocabulary, tmp_path)
    assert (
        graph_encode(directory)(["cat dog 犬"], None)
        == [[2, 7, 6, 8, 3]]
        == auto_encode(directory)(["cat dog 犬"], None)
    )


def test_a_bare_sentencepiece_model(trained, tmp_path):
    model = trained["unigram"] / "sentencepiece.bpe.model"
    directory = imported(model, tmp_path)
    assert differing(TEXTS + HARD, graph_encode(directory), graph_encode(trained["unigram"])) == []


def test_a_bare_model_without_special_tokens(tmp_path):
    model = tmp_path / "spm.model"
    model.write_bytes(model_of_somebody_else())
    directory = imported(model, tmp_path)
    assert differing(TEXTS + HARD, graph_encode(directory), auto_encode(directory)) == []
    ids = graph_encode(directory)(["駅前のパン屋"], None)[0]
    reference = sentencepiece_encode(model.read_bytes())(["駅前のパン屋"], None)[0]
    assert ids == [2, *(index + 2 for index in reference[1:-1]), 3]


def deberta(source) -> None:
    source.mkdir()
    special = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3}
    pieces = {"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    (source / "spm.model").write_bytes(model_of_somebody_else(**special, **pieces))
    DebertaV2Tokenizer(vocab_file=str(source / "spm.model")).save_pretrained(source)


def xlm_roberta(source) -> None:
    source.mkdir()
    (source / "sentencepiece.bpe.model").write_bytes(model_of_somebody_else())
    XLMRobertaTokenizer(vocab_file=str(source / "sentencepiece.bpe.model")).save_pretrained(source)


@pytest.mark.parametrize("family, special", [(deberta, (0, 3, 1, 2)), (xlm_roberta, (1, 3, 0, 2))])
def test_families_with_sentencepiece(tmp_path, family, special):
    family(tmp_path / "source")
    reference = AutoTokenizer.from_pretrained(tmp_path / "source", use_fast=False)
    directory = imported(tmp_path / "source", tmp_path)
    graph = TextGraph.load(directory)
    assert (graph.pad_id, graph.unk_id, graph.cls_id, graph.sep_id) == special
    assert (graph.mask_id, graph.vocab_size) == (reference.mask_token_id, len(reference))
    assert differing(TEXTS + HARD, graph_encode(directory), hugging_face_encode(reference)) == []
    assert differing(TEXTS + HARD, graph_encode(directory), auto_encode(directory)) == []


def test_a_directory_of_our_own_gets_the_new_cleaning(trained, tmp_path):
    directory = imported(trained["bpe"], tmp_path, text=TextConfig(cleaning=["digits_to_zero"], unknown_marker="@@"))
    graph = graph_encode(directory)
    assert graph(["12 あ@@"], None) == graph(["0 あ@@"], None)
    assert TextGraph.load(directory).unk_id == graph(["12 あ@@"], None)[0][-2]
    assert differing(["あ", "駅前"], auto_encode(directory), graph_encode(trained["bpe"])) == []


def roberta(source) -> None:
    source.mkdir()
    (source / "vocab.json").write_text(json.dumps({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "<mask>": 5}))
    (source / "merges.txt").write_text("#version: 0.2\n")
    RobertaTokenizer(str(source / "vocab.json"), str(source / "merges.txt")).save_pretrained(source)


def word_level(source) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(source)


@pytest.mark.parametrize("family, found", [(roberta, "BPE"), (word_level, "WordLevel")])
def test_other_kinds_are_refused_with_what_is_supported(tmp_path, family, found):
    family(tmp_path / "source")
    with pytest.raises(ConfigError, match=f"tokenizer.source: .*{found}.*supported are WordPiece.*SentencePiece"):
        imported(tmp_path / "source", tmp_path)


def test_lower_casing_before_sentencepiece_is_refused(tmp_path):
    deberta(tmp_path / "source")
    config = tmp_path / "source" / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "do_lower_case": True}))
    with pytest.raises(ConfigError, match="do_lower_case is not supported"):
        imported(tmp_path / "source", tmp_path)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"vocab\.txt .* or a \.model"):
        imported(tmp_path / "vocab.json", tmp_path)


def test_a_missing_source(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="no tokenizer can be loaded from"):
        imported(tmp_path / "nowhere", tmp_path)
