"""The graph's ids are those of the reference libraries on real text."""

import csv
import gzip
import itertools
import tarfile

import pytest
from transformers import AlbertTokenizer, AutoTokenizer, DebertaV2Tokenizer, T5Tokenizer

from components.text_transform.config import TextConfig
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from tests.components.text_transform import newsgroups_reference
from tests.components.tokenizer.parity import (
    assert_equal_ids,
    auto_encode,
    graph_encode,
    sentencepiece_encode,
    slow_encode,
)

pytestmark = [pytest.mark.data, pytest.mark.slow]

MESSAGES = 500
LINES = 5_000


@pytest.fixture(scope="module")
def messages(data_dir) -> list[str]:
    with tarfile.open(data_dir / "20newsgroups" / "20news-bydate-train.tar.gz") as archive:
        files = (member for member in archive if member.isfile())
        spread = itertools.islice(files, None, None, 11_314 // MESSAGES)
        return [archive.extractfile(member).read().decode("latin-1") for member in spread]


@pytest.fixture(scope="module")
def sentences(data_dir) -> list[str]:
    rows = []
    for split in ("trains", "tests"):
        with open(data_dir / "knbc" / split / "features.csv", encoding="utf-8", newline="") as file:
            rows += [row[0] for row in csv.reader(file)][1:]
    return rows


@pytest.fixture(scope="module")
def articles(data_dir) -> list[str]:
    with gzip.open(data_dir / "ja-wiki-kyoto" / "HST.txt.gz", "rt", encoding="utf-8") as file:
        return list(itertools.islice((line.rstrip("\n") for line in file if line.strip()), LINES))


@pytest.fixture(scope="module")
def wikitext(data_dir) -> list[str]:
    lines = (data_dir / "wikitext-2" / "wiki.valid.tokens").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line.strip()]


@pytest.fixture(scope="module")
def bert(data_dir, tmp_path_factory):
    """Writes directories of the vocabulary of bert-base-uncased."""

    def write(**text):
        directory = tmp_path_factory.mktemp("bert")
        vocabulary = data_dir / "vocab" / "bert-base-uncased-vocab.txt"
        import_tokenizer(vocabulary, directory, TokenizerConfig(kind="import"), TextConfig(**text))
        return directory

    return write


@pytest.mark.parametrize("max_length", [None, 128])
def test_uncased_wordpiece(bert, messages, sentences, articles, max_length):
    directory = bert()
    rows = messages + sentences + articles
    assert_equal_ids(rows, graph_encode(directory), auto_encode(directory), max_length)


def test_cased_wordpiece_that_was_trained(tmp_path, wikitext, messages, sentences):
    config = TokenizerConfig(vocab_size=6_000, lowercase=False)
    train_tokenizer([row.encode() for row in wikitext + sentences], tmp_path, config, TextConfig())
    rows = wikitext + messages + sentences
    assert_equal_ids(rows, graph_encode(tmp_path), auto_encode(tmp_path))


def test_the_unknown_words_of_wikitext(bert, wikitext):
    directory = bert(unknown_marker="<unk>")
    tokenizer = AutoTokenizer.from_pretrained(directory)

    def marked(texts, max_length):
        return tokenizer([text.replace("<unk>", "[UNK]") for text in texts])["input_ids"]

    assert_equal_ids(wikitext, graph_encode(directory), marked)
    count = sum(row.count(tokenizer.unk_token_id) for row in graph_encode(directory)(wikitext, None))
    assert count >= sum(row.count("<unk>") for row in wikitext) > 10_000


def test_cleaned_messages(bert, messages, data_dir):
    nltk = str(data_dir / "stopwords" / "nltk-english.txt")
    directory = bert(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    words = resolve_stop_words(["english"], nltk)
    reference = auto_encode(directory)

    def cleaned(texts, max_length):
        rows = [newsgroups_reference.without(newsgroups_reference.clean(text), words) for text in texts]
        return reference(rows, max_length)

    assert_equal_ids(messages, graph_encode(directory), cleaned, 128)


def test_the_japanese_sentencepiece_model(tmp_path, data_dir, messages, sentences, articles):
    model = data_dir / "vocab" / "wiki-ja.model"
    import_tokenizer(model, tmp_path, TokenizerConfig(kind="import"), TextConfig())
    rows = sentences + articles + messages
    assert_equal_ids(rows, graph_encode(tmp_path), sentencepiece_encode(model.read_bytes()))
    assert_equal_ids(sentences, graph_encode(tmp_path), auto_encode(tmp_path), 32)


FAMILIES = {
    "deberta": (DebertaV2Tokenizer, {"unk_token": "<unk>", "pad_token": "<pad>"}),
    "albert": (AlbertTokenizer, {}),
    "albert-accents": (AlbertTokenizer, {"keep_accents": True, "do_lower_case": False}),
    "t5": (T5Tokenizer, {"eos_token": "[SEP]", "legacy": True}),
    "t5-new": (T5Tokenizer, {"eos_token": "[SEP]", "legacy": False}),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_families_on_the_japanese_sentencepiece_model(tmp_path, data_dir, messages, sentences, articles, name):
    family, options = FAMILIES[name]
    family(str(data_dir / "vocab" / "wiki-ja.model"), **options).save_pretrained(tmp_path / "source")
    directory = tmp_path / "imported"
    import_tokenizer(tmp_path / "source", directory, TokenizerConfig(kind="import"), TextConfig())
    rows = sentences + articles + messages
    assert_equal_ids(rows, graph_encode(directory), slow_encode(tmp_path / "source"))
    if name != "t5-new":  # there ties may go the other way, as `components.tokenizer.families.write_t5` says
        assert_equal_ids(rows, graph_encode(directory), auto_encode(directory), 64)


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_sentencepiece_that_was_trained(tmp_path, sentences, articles, model_type):
    config = TokenizerConfig(kind="sentencepiece", vocab_size=4_000, model_type=model_type)
    train_tokenizer([row.encode() for row in sentences + articles], tmp_path, config, TextConfig())
    model = (tmp_path / "sentencepiece.bpe.model").read_bytes()
    rows = sentences + articles
    assert_equal_ids(rows, graph_encode(tmp_path), sentencepiece_encode(model))
    assert_equal_ids(rows, graph_encode(tmp_path), auto_encode(tmp_path), 64)
