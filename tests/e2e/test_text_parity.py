"""Three ways to the same ids, on real documents: the reference library, Transform, the SavedModel.

`make test-full` takes every document, `make test` every tenth.
"""

import csv
import dataclasses
import gzip
import itertools
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sentencepiece
import tensorflow as tf
from transformers import AutoTokenizer, DebertaV2Tokenizer

from components.feature_gen.encoder import load_encoder
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.text_transform.stop_words import resolve_stop_words
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer
from components.trainer.config import TrainerConfig
from components.trainer.export import TextClassifier, export
from components.trainer.head import build_head
from pipeline.serving.local_model import tokenize
from tests.components import tiny
from tests.components.text_transform import newsgroups_reference
from tests.components.text_transform.transforming import read_ids, run_transform, write_inputs
from tests.components.tokenizer.hard_cases import HARD, INVALID_UTF8
from tests.components.tokenizer.parity import ties_as_in_tf_text

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.e2e]

MAX_LENGTH = 128
LINES = 50_000
UNKNOWN = "<unk>"

Reference = Callable[[list[str]], list[list[int]]]


@pytest.fixture(scope="module")
def documents(data_dir: Path, full: bool) -> dict[str, list[str]]:
    """Corpora of real text, and the hard cases, by name."""

    def knbc(split: str) -> list[str]:
        with open(data_dir / "knbc" / split / "features.csv", encoding="utf-8", newline="") as file:
            return [row[0] for row in csv.reader(file)][1:]

    def wikitext(split: str) -> list[str]:
        lines = (data_dir / "wikitext-2" / f"wiki.{split}.tokens").read_text(encoding="utf-8").split("\n")
        return [line for line in lines if line.strip()]

    def articles() -> list[str]:
        paths = sorted((data_dir / "ja-wiki-kyoto").glob("*.gz"))
        lines = (line for path in paths for line in gzip.decompress(path.read_bytes()).decode("utf-8").split("\n"))
        return list(itertools.islice((line for line in lines if line.strip()), LINES))

    with tarfile.open(data_dir / "20newsgroups" / "20news-bydate-train.tar.gz") as archive:
        messages = [archive.extractfile(member).read().decode("latin-1") for member in archive if member.isfile()]
    found = {
        "wikitext": wikitext("train") + wikitext("valid") + wikitext("test"),
        "messages": messages,
        "knbc": knbc("trains") + knbc("tests"),
        "articles": articles(),
        "hard": [*HARD, *(text.decode("utf-8", "replace") for text in INVALID_UTF8)],
    }
    assert {name: len(texts) for name, texts in found.items() if name != "hard"} == {
        "wikitext": 23_767 + 2_461 + 2_891,
        "messages": 11_314,
        "knbc": 3_390 + 377,
        "articles": LINES,
    }
    return found if full else {name: texts if name == "hard" else texts[::10] for name, texts in found.items()}


def assert_three_ways_agree(directory: Path, texts: Sequence[str], reference: Sequence[list[int]], root: Path) -> None:
    """Holds Transform's ids and those of an exported model against the reference's."""
    encoded = [text.encode() for text in texts]
    inputs = write_inputs(root, encoded, directory)
    assert_same(texts, read_ids(run_transform(root, inputs, MAX_LENGTH)), reference, "Transform")
    encoder = load_encoder(tiny.write_backbone(root / "backbone"))
    head = build_head(tf.zeros([2, tiny.WIDTH]).numpy(), 2, TrainerConfig())
    classifier = TextClassifier(TextGraph.load(directory), encoder, head, ["a", "b"], "mean", MAX_LENGTH)
    export(classifier, ["a", "b"], root / "model")
    served = [answer.ids for answer in tokenize(root / "model", texts)]
    assert_same(texts, served, reference, "SavedModel")


def assert_same(texts: Sequence[str], ids: Sequence[list[int]], reference: Sequence[list[int]], way: str) -> None:
    """Fails with the number of differing documents and the first few of them."""
    assert len(ids) == len(reference) == len(texts)
    wrong = [text for text, one, other in zip(texts, ids, reference, strict=True) if one != other]
    assert not wrong, (
        f"{way}: {len(wrong)} of {len(texts)} documents differ, such as {[text[:60] for text in wrong[:3]]}"
    )


def hugging_face(directory: Path) -> Reference:
    """transformers' tokenizer of a directory; text does not become a special token."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    tokenizer.split_special_tokens = True  # slow tokenizers do not look at the argument
    options = {"split_special_tokens": True, "truncation": True, "max_length": MAX_LENGTH}
    return lambda texts: tokenizer(texts, **options)["input_ids"]


def sentencepiece_library(model: bytes, cls_id: int, sep_id: int) -> Reference:
    """The SentencePiece library."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return lambda texts: [[cls_id, *ids[: MAX_LENGTH - 2], sep_id] for ids in processor.encode(texts, num_threads=2)]


def test_uncased_wordpiece(data_dir, documents, tmp_path):
    directory = tmp_path / "tokenizer"
    vocabulary = data_dir / "vocab" / "bert-base-uncased-vocab.txt"
    import_tokenizer(vocabulary, directory, TokenizerConfig(kind="import"), TextConfig(unknown_marker=UNKNOWN))
    others = (text for name, texts in documents.items() if name != "wikitext" for text in texts)
    rest = [text for text in others if UNKNOWN not in text]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    marked = [text.replace(UNKNOWN, tokenizer.unk_token) for text in documents["wikitext"]]
    reference = tokenizer(marked, truncation=True, max_length=MAX_LENGTH)["input_ids"] + hugging_face(directory)(rest)
    assert_three_ways_agree(directory, [*documents["wikitext"], *rest], reference, tmp_path)


def test_uncased_wordpiece_of_cleaned_messages(data_dir, documents, tmp_path):
    directory = tmp_path / "tokenizer"
    nltk = str(data_dir / "stopwords" / "nltk-english.txt")
    text = TextConfig(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
    vocabulary = data_dir / "vocab" / "bert-base-uncased-vocab.txt"
    import_tokenizer(vocabulary, directory, TokenizerConfig(kind="import"), text)
    words = resolve_stop_words(["english"], nltk)
    texts = documents["messages"] + documents["hard"]
    cleaned = [newsgroups_reference.without(newsgroups_reference.clean(text), words) for text in texts]
    assert_three_ways_agree(directory, texts, hugging_face(directory)(cleaned), tmp_path)


@dataclasses.dataclass(frozen=True)
class Trained:
    """A tokenizer trained on a part of the real data."""

    config: TokenizerConfig
    corpora: tuple[str, ...]


@pytest.mark.parametrize(
    "trained",
    [
        Trained(TokenizerConfig(vocab_size=8_000, lowercase=False), ("wikitext", "knbc")),
        Trained(TokenizerConfig(kind="sentencepiece", vocab_size=8_000), ("knbc", "articles")),
    ],
    ids=["cased WordPiece", "SentencePiece"],
)
def test_trained(documents, tmp_path, trained):
    directory = tmp_path / "tokenizer"
    sample = [text.encode() for name in trained.corpora for text in documents[name][:10_000]]
    train_tokenizer(sample, directory, trained.config, TextConfig())
    texts = [text for name in documents for text in documents[name]]
    if trained.config.kind == "wordpiece":
        reference = hugging_face(directory)
    else:
        reference = sentencepiece_library((directory / "sentencepiece.bpe.model").read_bytes(), 2, 3)
        some = documents["hard"] + documents["knbc"]
        assert_same(some, hugging_face(directory)(some), reference(some), "AutoTokenizer")
    assert_three_ways_agree(directory, texts, reference(texts), tmp_path)


@ties_as_in_tf_text
def test_the_japanese_sentencepiece_model(data_dir, documents, tmp_path):
    directory, model = tmp_path / "tokenizer", data_dir / "vocab" / "wiki-ja.model"
    import_tokenizer(model, directory, TokenizerConfig(kind="import"), TextConfig())
    texts = [text for name in documents for text in documents[name]]
    reference = sentencepiece_library(model.read_bytes(), 2, 3)
    assert_three_ways_agree(directory, texts, reference(texts), tmp_path)


@ties_as_in_tf_text
def test_the_layout_of_deberta(data_dir, documents, tmp_path):
    source = tmp_path / "deberta"
    model = data_dir / "vocab" / "wiki-ja.model"
    slow = DebertaV2Tokenizer(str(model), split_special_tokens=True)
    slow.save_pretrained(source)
    import_tokenizer(source, tmp_path / "tokenizer", TokenizerConfig(kind="import"), TextConfig())
    texts = [text for name in documents for text in documents[name]]
    reference = slow(texts, truncation=True, max_length=MAX_LENGTH)["input_ids"]
    assert_three_ways_agree(tmp_path / "tokenizer", texts, reference, tmp_path)
