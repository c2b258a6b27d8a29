"""The graph's ids are those of the reference libraries on real text."""

import csv
import gzip
import itertools
import tarfile

import pytest
from transformers import AutoTokenizer

from components.text_transform.config import TextConfig
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from tests.components.text_transform import newsgroups_reference
from tests.components.tokenizer.parity import auto_encode, differing, graph_encode, sentencepiece_encode

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
    assert differing(rows, graph_encode(directory), auto_encode(directory), max_length) == []


def test_cased_wordpiece_that_was_trained(tmp_path, wikitext, messages, sentences):
    config = TokenizerConfig(vocab_size=6_000, lowercase=False)
    train_tokenizer([row.encode() for row in wikitext + sentences], tmp_path, config, TextConfig())
    rows = wikitext + messages + sentences
    assert differing(rows, graph_encode(tmp_path), auto_encode(tmp_path)) == []


def test_the_unknown_words_of_wikitext(bert, wikitext):
    directory = bert(unknown_marker="<unk>")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    ids = graph_encode(directory)(wikitext, None)
    assert ids == tokenizer([row.replace("<unk>", "[UNK]") for row in wikitext])["input_ids"]
    assert sum(row.count(tokenizer.unk_token_id) for row in ids) >= sum(row.count("<unk>") for row in wikitext) > 10_000


def test_cleaned_messages(bert, messages, data_dir):
    nltk = str(data_dir / "stopwords" / "nltk-english.txt")
    directory = bert(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    words = resolve_stop_words(["english"], nltk)
    cleaned = [newsgroups_reference.without(newsgroups_reference.clean(row), words) for row in messages]
    assert graph_encode(directory)(messages, 128) == auto_encode(directory)(cleaned, 128)


def test_the_japanese_sentencepiece_model(tmp_path, data_dir, messages, sentences, articles):
    model = data_dir / "vocab" / "wiki-ja.model"
    import_tokenizer(model, tmp_path, TokenizerConfig(kind="import"), TextConfig())
    rows = sentences + articles + messages
    assert differing(rows, graph_encode(tmp_path), sentencepiece_encode(model.read_bytes())) == []
    assert differing(sentences, graph_encode(tmp_path), auto_encode(tmp_path), 32) == []


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_sentencepiece_that_was_trained(tmp_path, sentences, articles, model_type):
    config = TokenizerConfig(kind="sentencepiece", vocab_size=4_000, model_type=model_type)
    train_tokenizer([row.encode() for row in sentences + articles], tmp_path, config, TextConfig())
    model = (tmp_path / "sentencepiece.bpe.model").read_bytes()
    rows = sentences + articles
    assert differing(rows, graph_encode(tmp_path), sentencepiece_encode(model)) == []
    assert differing(rows, graph_encode(tmp_path), auto_encode(tmp_path), 64) == []
