"""The DAG that each configuration asks for: its nodes, and who waits for whom."""

import json
from pathlib import Path

import pytest
from transformers import BertTokenizerFast

from components.errors import ConfigError
from pipeline import loading
from pipeline.dag import create_pipeline
from tests.components.tiny import write_backbone

CHECKED = {"ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGate"}
CORPUS = {f"Corpus{node}" for node in CHECKED}
TOKENIZED = {"Transform", "TokenStatistics", "TokenGate"}
PRETRAINED = {f"Corpus{node}" for node in TOKENIZED}
PRETRAINED |= {"Tokenizer", "Pretrainer", "MlmEvaluator", "FillMaskServableCheck", "FillMaskPusher"}
CLASSIFIER = TOKENIZED | {"FeatureGen", "Trainer", "Baseline", "LastBlessed", "Evaluator", "ServableCheck", "Pusher"}

pytestmark = pytest.mark.slow  # imports TFX


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text("text,label\na,b\n")
    (tmp_path / "texts.txt").write_text("a\n")
    path = tmp_path / "tiny.yaml"
    path.write_text(
        "name: tiny\n"
        "corpus: {sources: [{format: text, files: texts.txt}]}\n"
        "labelled: {sources: [{format: csv, files: rows.csv, label_column: label}]}\n"
        "pretrainer: {epochs: 1}\n"
    )
    return path


def dag(tiny: Path, *overrides: str) -> dict[str, set[str]]:
    """Node ids of the DAG, each with the ids of the nodes right before it."""
    pipeline = create_pipeline(loading.load(str(tiny), overrides), tiny.parent / "runs")
    return {node.id: {before.id for before in node.upstream_nodes} for node in pipeline.components}


def test_all_branches(tiny: Path) -> None:
    assert set(dag(tiny)) == CORPUS | CHECKED | PRETRAINED | CLASSIFIER | {"Report"}


def test_pretraining_only(tiny: Path) -> None:
    assert set(dag(tiny, "labelled=null")) == CORPUS | PRETRAINED | {"Report"}


def test_an_imported_encoder(tiny: Path) -> None:
    nodes = dag(tiny, "corpus=null", "pretrainer=null", "tokenizer.kind=import", "backbone.source=owner/encoder")
    assert set(nodes) == CHECKED | CLASSIFIER | {"Backbone", "Tokenizer", "Report"}
    assert "Backbone" in nodes["Tokenizer"] & nodes["FeatureGen"]


def test_texts_to_answer_in_bulk(tiny: Path) -> None:
    source = "bulk_inferrer={sources: [{format: text, files: texts.txt}]}"
    nodes = dag(tiny, source)
    assert set(nodes) - set(dag(tiny)) == {"UnlabelledExampleGen", "BulkInferrer"}
    assert nodes["BulkInferrer"] == {"UnlabelledExampleGen", "Trainer", "Evaluator", "Report"}
    last = create_pipeline(loading.load(str(tiny), [source]), tiny.parent / "runs").components[-1]
    assert last.id == "BulkInferrer"  # nothing is kept from being pushed by what goes wrong here


def test_pretraining_goes_on_from_an_imported_encoder(tiny: Path) -> None:
    further = ("tokenizer.kind=import", "backbone.source=owner/encoder")
    nodes = dag(tiny, *further)
    assert set(nodes) == CORPUS | CHECKED | PRETRAINED | CLASSIFIER | {"Backbone", "Report"}
    assert "Backbone" in nodes["Tokenizer"] & nodes["Pretrainer"]
    assert "Pretrainer" in nodes["FeatureGen"] & nodes["Trainer"]
    assert not {"Backbone"} & (nodes["FeatureGen"] | nodes["Trainer"])
    assert "Tokenizer" in nodes["CorpusExampleGen"]  # what cannot be had ends the run before the data is read
    assert set(dag(tiny, *further, "labelled=null")) == CORPUS | PRETRAINED | {"Backbone", "Report"}


def test_a_backbone_too_short_for_the_blocks_is_refused_before_the_run(tiny: Path) -> None:
    encoder = write_backbone(tiny.parent / "encoder")  # of 48 positions
    BertTokenizerFast(_vocabulary(encoder)).save_pretrained(encoder)
    settings = [f"backbone.source={encoder}", "tokenizer.kind=import", "text.max_length=32"]
    with pytest.raises(ConfigError, match=r"pretrainer.block_length: 128 tokens are more than the 48 positions"):
        dag(tiny, *settings)
    assert "Pretrainer" in dag(tiny, *settings, "pretrainer.block_length=48")


def _vocabulary(directory: Path) -> str:
    path = directory / "vocab.txt"
    path.write_text("".join(f"{piece}\n" for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a")))
    return str(path)


def test_chunks_are_made_with_the_tokenizer(tiny: Path) -> None:
    assert "Tokenizer" not in dag(tiny)["FeatureGen"]
    assert "Tokenizer" in dag(tiny, "text.long_documents=chunks")["FeatureGen"]


def test_without_a_baseline(tiny: Path) -> None:
    nodes = dag(tiny, "baseline=null")
    assert "Baseline" not in nodes
    assert "Baseline" not in nodes["Evaluator"]


def test_the_trainer_reads_examples_only_to_unfreeze(tiny: Path) -> None:
    assert "Transform" in dag(tiny, "trainer.unfreeze={layers: 1}")["Trainer"]
    config = loading.load(str(tiny))
    trainer = next(node for node in create_pipeline(config, tiny.parent / "runs").components if node.id == "Trainer")
    assert "examples" not in trainer.inputs


def test_nothing_reads_examples_before_the_gate_has_let_them_pass(tiny: Path) -> None:
    nodes = dag(tiny)
    assert "CorpusDataGate" in nodes["Tokenizer"] & nodes["CorpusTransform"]
    assert "DataGate" in nodes["Transform"] & nodes["Baseline"]


def test_nothing_is_trained_on_tokens_before_their_gate_has_let_them_pass(tiny: Path) -> None:
    nodes = dag(tiny)
    assert nodes["TokenGate"] == {"TokenStatistics"} and nodes["CorpusTokenGate"] == {"CorpusTokenStatistics"}
    assert "TokenGate" in nodes["FeatureGen"] and "CorpusTokenGate" in nodes["Pretrainer"]


def test_gates_are_told_what_the_trainer_needs_and_which_keys_have_an_effect(tiny: Path) -> None:
    def properties(node: str, *overrides: str) -> dict[str, str]:
        nodes = create_pipeline(loading.load(str(tiny), overrides), tiny.parent / "runs").components
        return next(one for one in nodes if one.id == node).exec_properties

    assert json.loads(properties("DataGate")["needed"]) == {"train": 2}
    assert json.loads(properties("DataGate", "trainer.folds=5")["needed"]) == {"train": 5}
    assert json.loads(properties("DataGate", "trainer.validation_share=0")["needed"]) == {"train": 1}
    assert properties("CorpusDataGate").get("needed") is None
    assert "tokenizer.vocab_size" in properties("TokenGate")["settings"]
    assert "text.cleaning" not in properties("TokenGate", "text.cleaning=[]")["settings"]
    assert properties("ExampleGen")["branch"] == "labelled" and properties("CorpusExampleGen")["branch"] == "corpus"


def test_only_judged_and_checked_models_are_pushed(tiny: Path) -> None:
    nodes = dag(tiny)
    assert {"Evaluator", "ServableCheck", "Trainer"} <= nodes["Pusher"]
    assert {"MlmEvaluator", "FillMaskServableCheck", "Pretrainer"} <= nodes["FillMaskPusher"]


def test_the_report_comes_last_and_reads_what_was_measured(tiny: Path) -> None:
    nodes = dag(tiny)
    assert list(nodes)[-1] == "Report"
    assert {"TokenStatistics", "CorpusTokenStatistics"} <= nodes["Report"]
    assert {"Pretrainer", "MlmEvaluator", "Trainer", "Baseline", "Evaluator", "Pusher"} <= nodes["Report"]


def test_models_go_below_the_root_unless_said_otherwise(tiny: Path) -> None:
    def destinations(*overrides: str) -> dict[str, str]:
        pipeline = create_pipeline(loading.load(str(tiny), overrides), tiny.parent / "runs")
        return {node.id: node.exec_properties["config"] for node in pipeline.components if node.id.endswith("Pusher")}

    assert f'"{tiny.parent}/runs/serving/tiny"' in destinations()["Pusher"]
    assert f'"{tiny.parent}/runs/serving/tiny-fill-mask"' in destinations()["FillMaskPusher"]
    assert '"/elsewhere/tiny"' in destinations("pusher.destination=/elsewhere")["Pusher"]


def test_dataflow_cannot_read_this_machine(tiny: Path) -> None:
    with pytest.raises(ConfigError, match=r"beam\.runner: is dataflow, whose workers cannot read"):
        dag(tiny, "beam={runner: dataflow, options: {project: p, region: r}}")


def test_an_edited_schema_is_another_artifact(tiny: Path) -> None:
    schema = tiny.parent / "mine" / "schema.pbtxt"
    schema.parent.mkdir()

    def schema_node(text: str) -> str:
        schema.write_text(text)
        config = loading.load(str(tiny), [f"labelled.schema={schema.parent}"])
        nodes = {node.id: node for node in create_pipeline(config, tiny.parent / "runs").components}
        return str(nodes["Schema"].exec_properties["text"])

    assert schema_node('feature { name: "text" }') != schema_node('feature { name: "id" }')


def test_without_a_margin_over_the_last_blessed_model_it_is_not_looked_for(tiny: Path) -> None:
    assert "LastBlessed" not in dag(tiny, "evaluator.blessed_margin=null")


def test_data_is_compared_with_that_of_before_where_the_schema_says_so(tiny: Path) -> None:
    (tiny.parent / "schema").mkdir()
    drifting = 'feature { name: "label" type: BYTES drift_comparator { infinity_norm { threshold: 0.1 } } }'
    (tiny.parent / "schema" / "schema.pbtxt").write_text(drifting)
    nodes = dag(tiny, "labelled.schema=schema")
    assert "LastAccepted" in nodes["ExampleValidator"]
    assert "CorpusLastAccepted" not in nodes


def test_infra_validator_stands_before_the_pusher_if_it_is_asked_for(tiny: Path) -> None:
    nodes = dag(tiny, "servable_check.infra_validator=true")
    assert "InfraValidator" in nodes["Pusher"]
    assert "FillMaskInfraValidator" in nodes["FillMaskPusher"]


def test_publishing_in_hugging_faces_format_comes_last(tiny: Path) -> None:
    settings = ("pusher.huggingface={directory: out}", "servable_check.infra_validator=true")
    nodes = dag(tiny, *settings)
    assert {"Report", "Pusher", "Evaluator", "ServableCheck", "InfraValidator", "Trainer"} <= nodes["HubPusher"]
    assert "Pretrainer" in dag(tiny, *settings, "labelled=null")["HubPusher"]


def test_a_window_stands_between_the_gate_and_all_that_reads_examples(tiny: Path) -> None:
    (tiny.parent / "spans" / "7").mkdir(parents=True)
    (tiny.parent / "spans" / "7" / "rows.csv").write_text("text,label\na,b\n")
    spans = "labelled={sources: [{format: csv, files: 'spans/{SPAN}/rows.csv', label_column: label}], resolver: "
    nodes = dag(tiny, spans + "{rolling_window: 3}}")
    assert set(nodes) - set(dag(tiny)) == {"EarlierSpans", "Window"}
    assert nodes["Window"] == {"DataGate", "ExampleGen", "EarlierSpans"}
    for node in ("Transform", "Baseline", "Evaluator", "ServableCheck"):
        assert "Window" in nodes[node] and "ExampleGen" not in nodes[node], node
    assert "ExampleGen" in nodes["StatisticsGen"] & nodes["DataGate"]
    assert set(dag(tiny, spans + "{rolling_window: 1}}")) == set(dag(tiny))


def test_a_window_is_for_data_that_comes_in_spans(tiny: Path) -> None:
    with pytest.raises(ConfigError, match="rolling_window is for data that comes in spans: no path has {SPAN} in it"):
        dag(tiny, "corpus.resolver.rolling_window=2")


def test_a_warm_start_looks_for_a_model_before_it_trains(tiny: Path) -> None:
    nodes = dag(tiny, "trainer.warm_start=true")
    assert set(nodes) - set(dag(tiny)) == {"WarmStart"}
    assert "WarmStart" in nodes["Trainer"] and nodes["WarmStart"] == {"FeatureGen"}
    with pytest.raises(ConfigError, match="warm_start begins with a model that has seen every fold"):
        dag(tiny, "trainer.warm_start=true", "trainer.folds=3")
