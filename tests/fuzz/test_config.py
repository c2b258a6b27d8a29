"""Configurations and overrides of all kinds: each is taken, or refused with one of our errors, in little time."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.errors import ConfigError, TfxBertError
from pipeline import loading

EXAMPLES = int(os.environ.get("TFX_BERT_FUZZ_EXAMPLES", "100"))
SECONDS = 2.0
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,  # CPU seconds are measured instead; the machine may be busy
    derandomize="TFX_BERT_FUZZ_EXAMPLES" not in os.environ,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
BASE = """name: mine
corpus:
  sources: [{format: text, files: texts.txt}]
labelled:
  sources: [{format: csv, files: rows.csv, text_column: text, label_column: label}]
pretrainer: {epochs: 2}
"""
SCALARS = st.sampled_from(
    [
        "2024-02-30", "1:30", "010", "!!int abc", "!!float x", "!!bool x", "!!binary x",
        "!!set {a}", "!!omap [a]", "!x y",
        "!!python/object/apply:os.system [a]", ".inf", "-.inf", ".nan", "1e999", "nan", "inf",
        "9" * 5000, "-1", "0",
        "[" * 5000, "[" * 60 + "]" * 60, "{a: " * 200, "null", "~", "yes", "'", '"', "|", ">",
        "&a", "*a", "&a [*a]", "<<",
        "{<<: 1}", "- a", "a: b", "? a", "---", "...", "%YAML 1.1", "\t", "\0", "\ufeff",
        "\u2028", "\x85", "\udcff", "京都",
        "ｅｐｏｃｈｓ", "x" * 5000, "/" * 300, "a" * 300, "~nobody/x", "$HOME", "${", "gs://",
        "gs://b/{SPAN}", "../" * 100, "**",
        "[", "]", "{}", "[]", "[[]]", "''", "' '", "1" * 19, "1.5", "1_0", "0x", "²", "٣",
        "!!str", "!!null", "!!map []",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "name", "size", "sizes", "corpus", "labelled", "labelled.sources", "labelled.sources.0",
        "labelled.sources.0.files",
        "labelled.sources.0.format", "labelled.sources.²", "labelled.sources.-1",
        "labelled.schema", "corpus.span",
        "labelled.sources." + "9" * 5000, "trainer.epochs", "trainer.seed",
        "trainer.learning_rate", "trainer.unfreeze",
        "trainer.ngrams", "pretrainer.minutes", "pretrainer.accumulation_steps",
        "pretrainer.epochs.x", "tokenizer.source",
        "tokenizer.kind", "backbone", "backbone.source", "text.stop_words", "text.nltk_english",
        "text.max_length",
        "pusher.destination", "evaluator.thresholds", "evaluator.slice_columns", "beam.options",
        "beam.options.x",
        "kubeflow", "kubeflow.root", "kubeflow.nodes", "bulk_inferrer", "", ".", "a.b",
        "a" * 5000, ".".join("ab" * 2000),
    ]
)  # fmt: skip
VALUES = st.one_of(SCALARS, st.text(max_size=40), st.lists(SCALARS, max_size=4).map(lambda all: f"[{', '.join(all)}]"))
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(lambda pair: f"{pair[0]}: {pair[1]}"),
    VALUES,
    st.tuples(st.integers(0, 8), KEYS).map(lambda pair: " " * pair[0] + pair[1] + ":"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "texts.txt").write_text("a\n")
    (folder / "rows.csv").write_text("text,label\na,b\nc,d\n")
    (folder / "base.yaml").write_text(BASE)
    load(folder / "base.yaml", "beam.options={region: x}", seconds=60)  # imports Beam
    return folder


def load(file: Path, *overrides: str, seconds: float = SECONDS) -> None:
    start = time.process_time()
    try:
        loading.to_yaml(loading.load(str(file), overrides))
    except TfxBertError as error:
        said = str(error)
        assert isinstance(error, ConfigError) or error.exit_code == 3
        assert len(said) < 20_000 and said.count("\n") <= 10
    assert time.process_time() - start < seconds


@FUZZ
@given(st.binary(max_size=200))
def test_files_of_any_bytes(folder: Path, data: bytes) -> None:
    (folder / "any.yaml").write_bytes(data)
    load(folder / "any.yaml")


@FUZZ
@given(st.lists(LINES, max_size=6), st.integers(0, 6))
def test_files_that_are_nearly_right(folder: Path, lines: list[str], place: int) -> None:
    all_lines = BASE.splitlines()
    all_lines[place:place] = lines
    (folder / "near.yaml").write_bytes("\n".join(all_lines).encode("utf-8", "surrogatepass"))
    load(folder / "near.yaml")


@FUZZ
@given(st.integers(0, len(BASE) - 1), st.integers(0, 40), VALUES)
def test_files_with_a_part_replaced(folder: Path, start: int, length: int, text: str) -> None:
    (folder / "part.yaml").write_bytes((BASE[:start] + text + BASE[start + length :]).encode("utf-8", "surrogatepass"))
    load(folder / "part.yaml")


@FUZZ
@given(st.lists(st.one_of(st.tuples(KEYS, VALUES).map("=".join), st.text(max_size=30)), min_size=1, max_size=3))
def test_overrides(folder: Path, overrides: list[str]) -> None:
    load(folder / "base.yaml", *overrides)
