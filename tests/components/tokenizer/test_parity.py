"""The graph's ids are those of the reference libraries."""

import pytest
from hypothesis import given, settings
from transformers import AutoTokenizer

from tests.components.text_transform.texts import HARD, texts
from tests.components.tokenizer.conftest import SENTENCEPIECE, WORDPIECE
from tests.components.tokenizer.corpus import TEXTS
from tests.components.tokenizer.parity import (
    auto_encode,
    differing,
    graph_encode,
    hugging_face_encode,
    sentencepiece_encode,
)

NAMES = [*WORDPIECE, *SENTENCEPIECE]


@pytest.fixture(scope="session", params=NAMES)
def encoders(request, trained):
    directory = trained[request.param]
    return directory, graph_encode(directory), auto_encode(directory)


@pytest.mark.parametrize("max_length", [None, 3, 8, 64])
def test_auto_tokenizer_gives_the_same_ids(encoders, max_length):
    _, graph, reference = encoders
    assert differing(TEXTS + HARD, graph, reference, max_length) == []


@settings(max_examples=40, deadline=None)
@given(rows=texts())
def test_auto_tokenizer_gives_the_same_ids_to_random_text(encoders, rows):
    _, graph, reference = encoders
    assert differing(rows, graph, reference) == []


def test_the_library_itself_gives_the_same_ids(encoders):
    directory, graph, _ = encoders
    model = directory / "sentencepiece.bpe.model"
    reference = (
        sentencepiece_encode(model.read_bytes())
        if model.is_file()
        else hugging_face_encode(AutoTokenizer.from_pretrained(directory, use_fast=False))
    )
    # The slow WordPiece of transformers follows Python's Unicode tables: it differs from the fast one on hard texts.
    rows = TEXTS + HARD if model.is_file() else TEXTS
    assert differing(rows, graph, reference) == []


def test_a_reloaded_copy_gives_the_same_ids(encoders, tmp_path):
    directory, graph, _ = encoders
    AutoTokenizer.from_pretrained(directory).save_pretrained(tmp_path)
    assert differing(TEXTS + HARD, graph, auto_encode(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", WORDPIECE)
def test_every_character(trained, name):
    # Beyond U+33FFF there are no letters yet, so some of them will do.
    codepoints = [*range(0x34000), *range(0xE0000, 0xE1000), *range(0x34000, 0x110000, 97)]
    rows = [f"t{chr(c)}he {chr(c)}" for c in codepoints if not 0xD800 <= c < 0xE000]
    assert differing(rows, graph_encode(trained[name]), auto_encode(trained[name])) == []
