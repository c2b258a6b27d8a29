"""Reading configurations: presets, files, sizes, overrides, paths, and what is said when they are wrong."""

from pathlib import Path

import pytest
import yaml

from components.errors import ConfigError
from pipeline import loading, paths

MINIMAL = """
name: mine
corpus:
  sources: [{format: text, files: texts.txt}]
labelled:
  sources: [{format: csv, files: rows.csv, text_column: text, label_column: label}]
pretrainer: {epochs: 2}
sizes:
  small: {trainer: {epochs: 3}}
  full: {}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "texts.txt").write_text("a\n")
    (tmp_path / "rows.csv").write_text("text,label\na,b\n")
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL)
    return path


def refusal(file: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loading.load(str(file), overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_paths_of_a_file_start_from_its_folder(file: Path) -> None:
    config = loading.load(str(file))
    assert config.labelled is not None
    assert config.labelled.sources[0].files == str(file.parent / "rows.csv")


def test_remote_paths_stay_as_they_are(file: Path) -> None:
    config = loading.load(str(file), ["labelled.sources.0.files=gs://bucket/data/rows.csv"])
    assert config.labelled is not None
    assert config.labelled.sources[0].files == "gs://bucket/data/rows.csv"


def test_texts_to_answer_in_bulk_are_one_split(file: Path) -> None:
    source = "{format: csv, files: rows.csv%s}"
    config = loading.load(str(file), [f"bulk_inferrer.sources={source % ''}"])
    assert config.bulk_inferrer is not None
    assert config.bulk_inferrer.sources[0].files == {"unlabelled": str(file.parent / "rows.csv")}
    assert loading.load(str(_written(file, loading.to_yaml(config)))) == config
    refused = refusal(file, f"bulk_inferrer.sources={source % ', label_column: label'}")
    assert "bulk_inferrer.sources: the sources have labels: add `unlabelled: true`" in refused
    refused = refusal(file, f"bulk_inferrer.sources={source % ', split: {eval_share: 0.5}'}")
    assert "bulk_inferrer.sources: `split` has no effect" in refused
    refused = refusal(file, f"bulk_inferrer.sources={source % ', text_column: txet'}")
    assert "bulk_inferrer.sources.0.text_column: " in refused and "no column 'txet' (did you mean 'text'?)" in refused
    assert "there is no classifier to ask" in refusal(file, f"bulk_inferrer.sources={source % ''}", "labelled=null")


def _written(file: Path, text: str) -> Path:
    copy = file.with_name("copy.yaml")
    copy.write_text(text, encoding="utf-8")
    return copy


def test_overrides_and_sizes(file: Path) -> None:
    assert loading.load(str(file), ["size=small"]).trainer.epochs == 3
    assert loading.load(str(file), ["size=small", "trainer.epochs=7"]).trainer.epochs == 7
    assert loading.load(str(file), ["text.max_length=16"]).text.max_length == 16


def test_an_override_inside_a_list(file: Path) -> None:
    config = loading.load(str(file), ["labelled.sources.0.label_column=text"])
    assert config.labelled is not None
    assert config.labelled.sources[0].label_column == "text"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trainer.epoch=3", ["trainer.epoch", "unknown key", "did you mean 'epochs'"]),
        ("trianer.epochs=3", ["trianer", "did you mean 'trainer'"]),
        ("labelled.sources.0.text_colum=x", ["labelled.sources.0.text_colum", "did you mean 'text_column'"]),
        ("trainer.epochs=many", ["trainer.epochs", "'many'"]),
        ("labelled.sources.0.format=cvs", ["labelled.sources.0.format", "'cvs'", "did you mean 'csv'"]),
        ("labelled.sources.0.files=other.csv", ["labelled.sources.0.files", "no such file", "other.csv"]),
        ("labelled.sources.3.files=x", ["labelled.sources.3", "from 0 to 0"]),
        ("labelled.schema=labeled", ["labelled.schema", "'labeled'", "did you mean 'labelled'"]),
        ("size=smal", ["size", "'smal'", "did you mean 'small'"]),
        ("max_rejected_share=0.1", ["did you mean 'corpus.gate.max_rejected_share' or 'labelled.gate.max_rejected"]),
        ("labelled.sources.0.label_column=lable", ["labelled.sources.0.label_column: ", "did you mean 'label'"]),
        ("corpus.sources.0.split.eval_share=0", ["corpus", "the splits are train: `train` and `eval` are needed"]),
        ("trainer.seed=20261126123000", ["trainer.seed", "less than 4294967296"]),
        ("labelled=3", ["labelled: 3 is not valid: it must hold keys and values"]),
        ("evaluator.thresholds={acuracy: 0.5}", ["evaluator.thresholds.acuracy: 'acuracy'", "did you mean 'accuracy'"]),
        ("feature_gen.pooling=tokens", ["feature_gen.pooling is tokens, but trainer.head is dense"]),
        (
            "trainer.head=bilstm",
            ["trainer.head is bilstm", "feature_gen.pooling is mean: set feature_gen.pooling to tok"],
        ),
        ("feature_gen.hidden_layers=9", ["feature_gen.hidden_layers is 9, but pretrainer.layers is"]),
        ("trainer.epochs", ["trainer.epochs", "key=value"]),
        ("name=a b", ["name", "'a b'"]),
        ("backbone.source=x", ["`backbone` brings its own tokenizer", "tokenizer.kind to import"]),
        ("pretrainer.block_length=1024", ["pretrainer.block_length 1024", "pretrainer.max_positions 512"]),
        ("pretrainer.accumulation_steps=5", ["pretrainer", "batch_size 32", "accumulation_steps 5"]),
        ("pretrainer.decay=cosin", ["pretrainer.decay", "'cosin'", "did you mean 'cosine'"]),
        ("pretrainer.architecture=debertav2", ["pretrainer.architecture", "did you mean 'deberta-v2'"]),
        ("pretrainer.whole_word=true", ["pretrainer.whole_word", "did you mean 'whole_words'"]),
        ("pretrainer=null", ["pretrainer"]),
        ("text={long_documents: chunks, chunk_overlap: 126}", ["text", "chunk_overlap is 126", "125 or less"]),
        ("trainer={group_folds: true}", ["trainer.group_folds is on", "'csv' knows no groups", "`group_column`"]),
        ("trainer.final=ensemble", ["trainer", "set `folds`"]),
        ("trainer.threshold=0.7", ["trainer.threshold is for texts that may have several labels", "label_separator"]),
        ("text.max_length=4096", ["text.max_length", "4096", "max_positions"]),
    ],
)
def test_mistakes_name_key_value_and_nearest_name(file: Path, override: str, said: list[str]) -> None:
    message = refusal(file, override)
    for part in said:
        assert part in message


@pytest.mark.parametrize(("key", "value"), [("ngrams", "{tokens: 1}"), ("class_weights", "true")])
def test_what_is_for_one_label_is_refused_for_several(file: Path, key: str, value: str) -> None:
    several = "labelled.sources.0.label_separator='|'"
    assert loading.load(str(file), [several, "trainer.threshold=0.7"]).trainer.threshold == 0.7
    assert f"trainer.{key} is for texts with one label" in refusal(file, several, f"trainer.{key}={value}")


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        loading.load("dmeo")


def test_a_file_that_is_not_yaml(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("a: [1")
    assert "is not YAML" in refusal(path)


def test_an_empty_file_and_a_key_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("# nothing\n")
    assert "is empty" in refusal(path)
    path.write_text("name: a\ntrainer: {epochs: 3, epochs: 4}\n")
    assert "the key 'epochs' is given twice" in refusal(path) and "line 2" in refusal(path)


def test_merged_keys_and_wrong_sizes(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "merged.yaml"
    path.write_text(file.read_text() + "x: &x {epochs: 4}\ntrainer: {<<: *x}\n")
    assert "x: unknown key" in refusal(path)
    assert "size: ['a'] is not the name of a size" in refusal(file, "size=[a]")
    path.write_text(file.read_text().replace("sizes:", "sizes: 3\nold:"))
    assert "sizes: must hold a name for each size" in refusal(path)


def test_globs_of_folders(file: Path) -> None:
    (file.parent / "parts" / "a").mkdir(parents=True)
    (file.parent / "parts" / "a" / "rows.csv").write_text("text,label\na,b\n")
    config = loading.load(str(file), ["labelled.sources.0.files=parts/*/rows.csv"])
    assert config.labelled is not None
    assert "no file matches" in refusal(file, "labelled.sources.0.files=parts/*/other.csv")


def test_a_size_that_is_none(file: Path, tmp_path: Path) -> None:
    without = tmp_path / "without.yaml"
    config = yaml.safe_load(file.read_text())
    config.pop("sizes")
    without.write_text(yaml.safe_dump(config))
    assert "'smoke' is not a size of this configuration: it has no sizes" in refusal(without, "size=smoke")
    assert loading.load(str(without), ["size=full"]).size == "full"


def test_nothing_to_import(file: Path) -> None:
    assert "nothing to import" in refusal(file, "tokenizer.kind=import")
    message = refusal(
        file, "pretrainer=null", "corpus=null", "tokenizer.kind=import", "backbone={source: /nowhere/encoder}"
    )
    assert "backbone.source: no such file or folder: /nowhere/encoder" in message


def test_a_backbone_is_trained_further_with_the_network_that_it_has(file: Path, tmp_path: Path) -> None:
    further = ("backbone.source=owner/encoder", "tokenizer.kind=import")
    config = loading.load(str(file), [*further, "pretrainer.block_length=1024", "labelled=null"])
    assert config.backbone and config.pretrainer and config.pretrainer.block_length == 1024
    shown = tmp_path / "shown.yaml"
    shown.write_text(loading.to_yaml(config))
    assert "hidden_size" not in shown.read_text() and loading.load(str(shown)) == config
    message = refusal(file, *further, "pretrainer.layers=6", "pretrainer.architecture=electra")
    assert "pretrainer.architecture is given" in message and "leave out architecture, layers" in message
    assert "`pretrainer` needs `corpus`" in refusal(file, *further, "corpus=null")
    assert "nothing to train" in refusal(file, *further, "pretrainer=null", "corpus=null", "labelled=null")


def test_every_preset_is_valid_in_every_size(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.DATA_VARIABLE, str(data_dir))
    sizes = {name: yaml.safe_load((loading.PRESETS / f"{name}.yaml").read_text()).get("sizes", {"full": {}})
             for name in loading.preset_names()}  # fmt: skip
    assert set(sizes) == {"demo", "knbc", "newsgroups", "wikitext2"}
    for name, choices in sizes.items():
        for size in choices:
            assert loading.load(name, [f"size={size}"]).name == name


def test_what_is_shown_can_be_read_again(file: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown.yaml"
    config = loading.load(str(file))
    shown.write_text(loading.to_yaml(config), encoding="utf-8")
    assert loading.load(str(shown)) == config


def test_missing_data_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.DATA_VARIABLE, str(tmp_path))
    with pytest.raises(ConfigError, match="TFX_BERT_DATA"):
        loading.load("knbc")


@pytest.fixture
def spans(tmp_path: Path) -> Path:
    """A file whose labelled rows come in spans, 1 and 2 of which are there."""
    for number in (1, 2):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "評判.csv").write_text("text,label\n寺,京都\n")
    (tmp_path / "texts.txt").write_text("寺\n")
    path = tmp_path / "spans.yaml"
    path.write_text(
        "name: spans\ncorpus: {sources: [{format: text, files: texts.txt}]}\npretrainer: {epochs: 1}\n"
        "labelled: {sources: [{format: csv, label_column: label, files: '{SPAN}/評判.csv'}]}\n"
    )
    return path


@pytest.mark.parametrize(("wanted", "found"), [(None, 2), (1, 1)])
def test_a_span_is_taken(spans: Path, wanted: int | None, found: int) -> None:
    config = loading.load(str(spans), span=wanted)
    assert config.labelled is not None
    assert (config.labelled.span, config.labelled.sources[0].files) == (
        found,
        str(spans.parent / str(found) / "評判.csv"),
    )


def test_a_span_in_the_configuration_gives_way_to_that_of_the_command_line(spans: Path) -> None:
    config = loading.load(str(spans), ["labelled.span=1"])
    assert config.labelled is not None
    assert config.labelled.span == 1
    config = loading.load(str(spans), ["labelled.span=1"], span=2)
    assert config.labelled is not None
    assert config.labelled.span == 2


def test_a_span_that_cannot_be_is_refused(spans: Path) -> None:
    with pytest.raises(ConfigError, match="labelled.span: .*has no span 3; there are: 1, 2"):
        loading.load(str(spans), span=3)
    with pytest.raises(ConfigError, match="corpus.span: is 1, but no path of corpus has {SPAN} in it"):
        loading.load(str(spans), ["corpus.span=1"])
    with pytest.raises(ConfigError, match="--span: no path of the configuration has {SPAN} in it"):
        loading.load("demo", span=1)


def test_a_column_to_slice_by_must_be_kept(spans: Path) -> None:
    with pytest.raises(ConfigError, match=r"evaluator.slice_columns names 'place', which no labelled source keeps"):
        loading.load(str(spans), ["evaluator.slice_columns=[place]"])


def test_a_split_to_judge_on_that_is_not_there_is_refused(spans: Path) -> None:
    with pytest.raises(ConfigError, match="evaluator.split is 'test', but the labelled splits are train, eval"):
        loading.load(str(spans), ["evaluator.split=test"])


def test_a_margin_over_a_baseline_that_is_not_trained_is_refused(spans: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing to be better than"):
        loading.load(str(spans), ["baseline=null", "evaluator.baseline_margin=0"])


def test_a_configuration_that_was_shown_can_be_loaded(spans: Path) -> None:
    config = loading.load(str(spans))
    shown = spans.parent / "shown.yaml"
    shown.write_text(loading.to_yaml(config), encoding="utf-8")
    again = loading.load(str(shown))
    assert again.labelled is not None and config.labelled is not None
    assert again.labelled.sources == config.labelled.sources
