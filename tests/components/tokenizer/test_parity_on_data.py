"""The ids of the graph are the reference's on real text, for what `tests.e2e.test_text_parity` leaves out."""

import csv
import gzip
import itertools
import tarfile

import pytest
from transformers import AlbertTokenizer, T5Tokenizer

from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from tests.components.tokenizer.parity import (
    assert_equal_ids,
    auto_encode,
    graph_encode,
    sentencepiece_encode,
    slow_encode,
    ties_as_in_tf_text,
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


FAMILIES = {
    "albert": (AlbertTokenizer, {}),
    "albert-accents": (AlbertTokenizer, {"keep_accents": True, "do_lower_case": False}),
    "t5": (T5Tokenizer, {"eos_token": "[SEP]", "legacy": True}),
    "t5-new": (T5Tokenizer, {"eos_token": "[SEP]", "legacy": False}),
}


@ties_as_in_tf_text
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


def test_sentencepiece_of_byte_pairs_that_was_trained(tmp_path, sentences, articles):
    config = TokenizerConfig(kind="sentencepiece", vocab_size=4_000, model_type="bpe")
    train_tokenizer([row.encode() for row in sentences + articles], tmp_path, config, TextConfig())
    model = (tmp_path / "sentencepiece.bpe.model").read_bytes()
    rows = sentences + articles
    assert_equal_ids(rows, graph_encode(tmp_path), sentencepiece_encode(model))
    assert_equal_ids(rows, graph_encode(tmp_path), auto_encode(tmp_path), 64)
