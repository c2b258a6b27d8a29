import json
import shutil

import pytest
import sentencepiece
from transformers import AddedToken, AutoTokenizer, BertTokenizerFast

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer import families
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.hard_cases import CASES
from tests.components.tokenizer.parity import assert_equal_ids, auto_encode, graph_encode

ROWS = [*TEXTS, *CASES]
IMPORT = TokenizerConfig(kind="import")


def imported(source, tmp_path, config=IMPORT, text=None):
    directory = tmp_path / "imported"
    import_tokenizer(source, directory, config, text or TextConfig())
    return directory


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
    assert_equal_ids(ROWS, graph_encode(directory), graph_encode(trained["cased"]))


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
    assert_equal_ids(ROWS, graph_encode(directory), graph_encode(trained["unigram"]))


def test_a_bare_model_keeps_the_ids_of_its_pieces(family):
    directory = family("bare").directory
    model = sentencepiece.SentencePieceProcessor(str(directory / "sentencepiece.bpe.model"))
    size = model.get_piece_size()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert tokenizer.convert_ids_to_tokens(range(size)) == [model.id_to_piece(index) for index in range(size)]
    assert TextGraph.load(directory).pieces == tokenizer.convert_ids_to_tokens(range(size + 2))
    assert tokenizer.convert_ids_to_tokens([size, size + 1]) == ["<pad>", "[MASK]"]
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id, tokenizer.cls_token_id) == (size, size + 1, 1)


def test_a_piece_that_no_line_of_a_file_holds(tmp_path):
    model = tmp_path / "spm.model"
    rows = {"normalization_rule_name": "identity", "user_defined_symbols": ["a\u3000b", "c\td"]}
    model.write_bytes(families.train(**rows))
    directory = imported(model, tmp_path)
    texts = ["xa\u3000by", "c\td", "a b", *TEXTS]
    assert_equal_ids(texts, graph_encode(directory), auto_encode(directory))
    assert graph_encode(directory)(["a\u3000b"], None)[0][-2] == 3


SPECIAL = {
    "deberta": {"pad": 0, "unk": 3, "cls": 1, "sep": 2},
    "xlm-roberta": {"pad": 1, "unk": 3, "cls": 0, "sep": 2},
    "big-bird": {"pad": 0, "unk": 3, "cls": 4, "sep": 5, "mask": 6},
    "albert": {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4},
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_tokens_and_size(family, name):
    graph, tokenizer = TextGraph.load(family(name).directory), AutoTokenizer.from_pretrained(family(name).directory)
    for role in ("pad", "unk", "cls", "sep", "mask"):
        index = getattr(graph, f"{role}_id")
        assert index == getattr(tokenizer, f"{role}_token_id")
        assert index == SPECIAL[name].get(role, graph.vocab_size - 1)  # a mask that the model lacks is its last
    assert graph.vocab_size == len(tokenizer)


def test_t5_has_nothing_before_a_text_and_no_mask(family):
    graph, tokenizer = TextGraph.load(family("t5").directory), AutoTokenizer.from_pretrained(family("t5").directory)
    assert (graph.pad_id, graph.sep_id, graph.unk_id) == (0, 1, 2) and graph.special_ids == [0, 1, 2]
    assert graph.tokenize([""], 8).to_list() == [[1]] and graph.tokenize(["a b c d"], 3).to_list()[0][2:] == [1]
    assert tokenizer.convert_tokens_to_ids(["<extra_id_9>", "<extra_id_0>"]) == [
        graph.vocab_size - 10,
        graph.vocab_size - 1,
    ]
    assert tokenizer.all_special_ids[:3] == [1, 2, 0] and len(tokenizer.all_special_ids) == 13
    for missing in ("cls_id", "mask_id"):
        with pytest.raises(ConfigError, match="it has no"):
            getattr(graph, missing)
    with pytest.raises(ConfigError, match="it has no mask token"):
        graph.tokenize_masked(["[MASK]"])


def test_a_directory_without_its_text_graph_is_as_good(family, tmp_path):
    for name in ("xlm-roberta", "bare", "albert-cased-accents", "t5"):
        source = tmp_path / name
        shutil.copytree(family(name).directory, source, ignore=shutil.ignore_patterns("text_graph*"))
        directory = imported(source, tmp_path / f"{name}-again")
        assert_equal_ids(ROWS, graph_encode(directory), family(name).graph)
        assert_equal_ids(ROWS, auto_encode(directory), family(name).graph)


def test_a_tokenizer_json_alone(trained, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(trained["cased"], source, ignore=shutil.ignore_patterns("text_graph*", "vocab.txt"))
    assert_equal_ids(ROWS, graph_encode(imported(source, tmp_path)), graph_encode(trained["cased"]))


def test_a_directory_of_our_own_gets_the_new_cleaning(trained, tmp_path):
    directory = imported(trained["bpe"], tmp_path, text=TextConfig(cleaning=["digits_to_zero"], unknown_marker="@@"))
    graph = graph_encode(directory)
    assert graph(["12 あ@@"], None) == graph(["0 あ@@"], None)
    assert TextGraph.load(directory).unk_id == graph(["12 あ@@"], None)[0][-2]
    assert_equal_ids(["あ", "駅前"], auto_encode(directory), graph_encode(trained["bpe"]))


def test_more_special_tokens_are_kept_and_never_met(trained, tmp_path):
    source = tmp_path / "source"
    more = [AddedToken("user", special=True), AddedToken("<turn>", special=True)]
    BertTokenizerFast(str(trained["uncased"] / "vocab.txt"), additional_special_tokens=more).save_pretrained(source)
    directory = imported(source, tmp_path)
    texts = ["the user <turn>", *ROWS]
    assert_equal_ids(texts, graph_encode(directory), auto_encode(source))
    assert TextGraph.load(directory).pieces[-2:] == ["user", "<turn>"]
    assert max(graph_encode(directory)(texts[:1], None)[0]) < TextGraph.load(directory).vocab_size - 2
