"""Pipelines compile for Vertex AI and Kubeflow without an account, and what cannot run there is refused by its key."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from components.errors import ConfigError
from kubeflow.compiler import Target, compile_pipeline
from kubeflow.documents import pipeline_spec, read, write
from pipeline import loading
from pipeline.config import PipelineConfig
from tests.kubeflow.golden import compiled, golden_file

pytestmark = pytest.mark.slow

GIVEN = ["kubeflow.root=gs://bucket/tfx-bert", "kubeflow.image=registry.example/tfx-bert:1"]


def load(*overrides: str, preset: str = "demo") -> PipelineConfig:
    return loading.load(preset, [*GIVEN, *overrides], elsewhere=True)


def refusal(*overrides: str, target: Target = "vertex", preset: str = "demo") -> str:
    with pytest.raises(ConfigError) as error:
        compile_pipeline(load(*overrides, preset=preset), target)
    return str(error.value)


def test_what_the_demo_compiles_to_is_reviewed(tmp_path: Path) -> None:
    """If this is meant: ``python -m tests.kubeflow.golden``, and look at the difference."""
    assert compiled("vertex", tmp_path) == golden_file("vertex").read_text(encoding="utf-8")


def test_both_targets_get_the_same_pipeline_in_their_own_wrapping() -> None:
    (job,) = compile_pipeline(load(), "vertex")
    (spec,) = compile_pipeline(load(), "kubeflow")
    assert job["pipelineSpec"] == spec
    json_format.ParseDict(job, pipeline_spec_pb2.PipelineJob())
    assert (
        spec["defaultPipelineRoot"]
        == job["runtimeConfig"]["gcsOutputDirectory"]
        == "gs://bucket/tfx-bert/artifacts/demo"
    )
    executors = spec["deploymentSpec"]["executors"].values()
    assert all("container" in executor for executor in executors)  # neither resolvers nor importers


def test_nothing_of_this_machine_is_in_it(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFX_BERT_DATA", "gs://bucket/data")
    for preset in ("demo", "knbc", "newsgroups", "wikitext2"):
        text = json.dumps(compile_pipeline(load(preset=preset), "vertex"))
        assert str(Path.cwd()) not in text and str(data_dir) not in text and str(Path.home()) not in text
    assert "gs://bucket/data/wikitext-2" in text


def test_what_nodes_are_given(tmp_path: Path) -> None:
    nodes = (
        "kubeflow.nodes={default: {cpu: 2, memory: 8}, Trainer: {cpu: 4.5, memory: 30, retries: 3, cache: false, "
        "accelerator: {type: nvidia.com/gpu, count: 2}, node_selector: {example.com/zone: east}, timeout: 3600}}"
    )
    documents = compile_pipeline(load(nodes), "kubeflow")
    write(documents, tmp_path / "pipeline.yaml")
    spec, platform = read(tmp_path / "pipeline.yaml")
    assert [spec, platform] == documents

    def resources(node: str) -> dict[str, Any]:
        found: dict[str, Any] = spec["deploymentSpec"]["executors"][f"{node}_executor"]["container"]["resources"]
        return found

    assert resources("Trainer") == {
        "cpuLimit": 4.5, "memoryLimit": 30.0, "accelerator": {"type": "nvidia.com/gpu", "count": "2"},
    }  # fmt: skip
    assert resources("Evaluator") == {"cpuLimit": 2.0, "memoryLimit": 8.0}
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks["Trainer"]["retryPolicy"] == {"maxRetryCount": 3} and tasks["Trainer"]["cachingOptions"] == {}
    assert "retryPolicy" not in tasks["Transform"] and tasks["Transform"]["cachingOptions"] == {"enableCache": True}
    for looking in ("Evaluator", "Pusher", "FillMaskPusher"):  # another model may be served by then
        assert tasks[looking]["cachingOptions"] == {}
    assert platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"] == {
        "Trainer_executor": {"nodeSelector": {"labels": {"example.com/zone": "east"}}, "activeDeadlineSeconds": "3600"}
    }
    with pytest.raises(ConfigError, match=r"name it \.yaml"):
        write(documents, tmp_path / "pipeline.json")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (f"name={'a' * 129}", f"name: '{'a' * 60}'... has 129 characters: 128 are the most"),
        (
            "kubeflow.nodes.Trainer.node_selector={区: 東}",
            "kubeflow.nodes.Trainer.node_selector: '区': Kubernetes takes",
        ),
        (f"kubeflow.nodes.Trainer.node_selector={{a: {'b' * 64}}}", "kubeflow.nodes.Trainer.node_selector: 'bbb"),
        ("kubeflow.nodes.Trainer.accelerator={type: NVIDIA/gpu}", "kubeflow.nodes.Trainer.accelerator.type: 'NVIDIA'"),
        ("kubeflow.nodes.Trainer.timeout=2147483648", "kubeflow.nodes.Trainer.timeout: 2147483648: a pod may have"),
    ],
)
def test_what_kubernetes_would_refuse(override: str, said: str) -> None:
    assert refusal(override, target="kubeflow").startswith(said)


def test_the_newest_span_is_looked_for_in_every_run() -> None:
    files = "labelled.sources.0.files=gs://bucket/{SPAN}/*.csv"

    def caching(*overrides: str) -> dict[str, Any]:
        (job,) = compile_pipeline(load(files, *overrides), "vertex")
        tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
        assert tasks["CorpusExampleGen"]["cachingOptions"] == {"enableCache": True}
        found: dict[str, Any] = tasks["ExampleGen"]["cachingOptions"]
        return found

    assert caching() == {}
    assert caching("labelled.span=7") == {"enableCache": True}


def test_beam_nodes_on_dataflow() -> None:
    beam = "beam={runner: dataflow, options: {project: p, region: r, max_num_workers: 9, service_account_email: a@b}}"
    (job,) = compile_pipeline(load(beam), "vertex")
    executors = job["pipelineSpec"]["deploymentSpec"]["executors"]

    assert executors["Transform_executor"]["container"]["args"][-7:] == [
        "--runner=DataflowRunner", "--sdk_container_image=registry.example/tfx-bert:1",
        "--temp_location=gs://bucket/tfx-bert/beam", "--project=p", "--region=r", "--max_num_workers=9",
        "--service_account_email=a@b",
    ]  # fmt: skip


def test_paths_of_this_machine_are_refused_by_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFX_BERT_DATA", raising=False)
    said = refusal(preset="knbc")
    assert (
        "corpus.sources.0.files: ja-wiki-kyoto/*.txt.gz is a path of this machine" in said and "TFX_BERT_DATA" in said
    )
    monkeypatch.setenv("TFX_BERT_DATA", "gs://bucket/data")
    said = refusal("labelled.sources.0.files={train: knbc/trains, eval: /京都}", preset="knbc")
    assert said.startswith("labelled.sources.0.files.eval: /京都 is a path")
    assert refusal("labelled.sources.0.files=/京都.csv").startswith("labelled.sources.0.files: /京都.csv is a path")
    assert refusal("text.nltk_english=/stop.txt").startswith("text.nltk_english: /stop.txt is a path")
    assert refusal("text.stop_words=[english, /stop.txt]").startswith("text.stop_words: /stop.txt is a path")
    assert refusal("tokenizer={kind: import, source: /vocab.txt}").startswith("tokenizer.source: /vocab.txt is a path")
    assert refusal("pusher.destination=/models").startswith("pusher.destination: /models is a path")
    assert refusal("pusher.huggingface={repo: me/model}").startswith("pusher.huggingface: needs")
    assert "the package has no file pipeline/demo/nothing.txt" in refusal(
        "corpus.sources.0.files=package:pipeline/demo/nothing.txt"
    )
    assert "give a URI" in refusal("kubeflow.root=/runs")


def test_a_node_that_trains_may_have_machines_of_its_own() -> None:
    job = {"machine_type": "n1-standard-16", "accelerator": {"type": "NVIDIA_TESLA_T4", "count": 2}, "workers": 3}
    node = {"custom_job": job, "timeout": 3600, "retries": 1}
    (plain,) = compile_pipeline(load(), "vertex")
    (changed,) = compile_pipeline(load(f"kubeflow.nodes={json.dumps({'Pretrainer': node})}"), "vertex")
    before, after = (
        one["pipelineSpec"]["deploymentSpec"]["executors"].pop("Pretrainer_executor")["container"]
        for one in (plain, changed)
    )
    launch, *arguments = after["args"]
    assert after["command"] == ["python", "-m", "kubeflow.custom_jobs.launch"] and arguments == before["args"]
    assert json.loads(launch) == {
        "name": "demo-Pretrainer", "image": before["image"], "command": before["command"], "timeout": 3600,
        "custom_job": job,
    }  # fmt: skip
    assert changed["pipelineSpec"]["root"]["dag"]["tasks"]["Pretrainer"]["retryPolicy"] == {"maxRetryCount": 1}
    assert plain["pipelineSpec"]["deploymentSpec"] == changed["pipelineSpec"]["deploymentSpec"]


def test_machines_of_ones_own_are_for_what_trains_on_vertex() -> None:
    job = "{custom_job: {machine_type: m}}"
    assert refusal(f"kubeflow.nodes={{Evaluator: {job}}}").startswith(
        "kubeflow.nodes.Evaluator.custom_job: is for what"
    )
    assert refusal(f"kubeflow.nodes={{default: {job}}}").startswith("kubeflow.nodes.default.custom_job: is for what")
    said = refusal(f"kubeflow.nodes={{Trainer: {job}}}", target="kubeflow")
    assert said.startswith("kubeflow.nodes.Trainer.custom_job: is for Vertex AI")


def test_what_ml_metadata_knows_on_one_machine_is_noted_in_the_bucket(tmp_path: Path) -> None:
    schema = '{ name: "text" type: BYTES drift_comparator { jensen_shannon_divergence { threshold: 0.1 } } }'
    (tmp_path / "schema.pbtxt").write_text(f"feature {schema}", encoding="utf-8")
    spans = {
        "resolver": {"rolling_window": 3},
        "sources": [{"format": "csv", "files": "gs://b/{SPAN}/rows.csv", "label_column": "label"}],
        "schema": str(tmp_path),
    }
    (spec,) = compile_pipeline(load(f"labelled={json.dumps(spans)}", "trainer.warm_start=true"), "kubeflow")
    accepted = "gs://bucket/tfx-bert/state/demo/accepted/labelled"
    served = {"serving_directory": "gs://bucket/tfx-bert/serving/demo"}
    parameters = {
        name: {key: one["runtimeValue"]["constant"] for key, one in task["inputs"].get("parameters", {}).items()}
        for name, task in spec["root"]["dag"]["tasks"].items()
    }
    looked_up = {"accepted_directory": accepted}
    for expected, *nodes in ((looked_up, "ExampleValidator", "Window"), (served, "Trainer", "Evaluator")):
        for node in nodes:
            assert expected.items() <= parameters[node].items()
            assert spec["root"]["dag"]["tasks"][node]["cachingOptions"] == {}, node
    assert parameters["DataGate"]["notes_directory"] == accepted
    assert spec["root"]["dag"]["tasks"]["DataGate"]["cachingOptions"] == {"enableCache": True}
    assert "notes_directory" not in parameters["CorpusDataGate"]


def test_a_file_of_the_data_folder_is_no_name_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFX_BERT_DATA", "gs://bucket/data")
    config = load("tokenizer={kind: import, source: vocab/bert.txt}")
    assert config.tokenizer.source == "gs://bucket/data/vocab/bert.txt"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("kubeflow.image=null", "kubeflow.image: is not set"),
        ("kubeflow.root=null", "kubeflow.root: is not set"),
        ("name=Demo_1", "name: 'Demo_1'"),
        ("name=20news", "name: '20news'"),
        (f"name={'a' * 114}", f"name: '{'a' * 60}'... has 114 characters: 113 are the most"),
        (f"kubeflow.image=host/{'a' * 500}", "kubeflow.image: 'host/aaa"),
        ("kubeflow.image=Host/Path", "kubeflow.image: 'Host/Path': an image is called HOST/PATH:TAG"),
        ("kubeflow.root=gs://Bucket/a", "kubeflow.root: 'Bucket': a bucket's name is lower-case"),
        ("kubeflow.root=gs://ab/a", "kubeflow.root: 'ab' has 2 characters: 3 are the least"),
        (
            "kubeflow.nodes.Trainer.retries=11",
            "kubeflow.nodes.Trainer.retries: 11: Vertex AI tries a node again 10 times",
        ),
        (
            "kubeflow.nodes.Trainer.custom_job={machine_type: n1-standard-8, service_account: me}",
            "kubeflow.nodes.Trainer.custom_job.service_account: 'me': write it like runner@",
        ),
        (
            "kubeflow.nodes.Trainer.custom_job={machine_type: ct5lp-hightpu-4t, tpu_topology: 2}",
            "kubeflow.nodes.Trainer.custom_job.tpu_topology: ",
        ),
        ("servable_check.infra_validator=true", "servable_check.infra_validator: "),
        ("kubeflow.nodes.Trainr.cpu=2", "kubeflow.nodes.Trainr: no node of this pipeline, did you mean 'Trainer'?"),
        ("kubeflow.nodes.Trainer.timeout=2", "kubeflow.nodes.Trainer.timeout: is for Kubeflow"),
        ("kubeflow.nodes.Trainer.cpu=0", "kubeflow.nodes.Trainer.cpu: "),
        ("kubeflow.root=s3://bucket/a", "kubeflow.root: s3://bucket/a: Vertex AI keeps artifacts in gs:// alone"),
        (
            "kubeflow.nodes.Trainer.accelerator={type: nvidia.com/gpu}",
            "kubeflow.nodes.Trainer.accelerator.type: 'nvidia.com/gpu' is no accelerator of Vertex AI",
        ),
        (
            "kubeflow.nodes.Trainer.custom_job={machine_type: n1-standard-8, accelerator: {type: NVIDIA_TESLA_T5}}",
            "kubeflow.nodes.Trainer.custom_job.accelerator.type: 'NVIDIA_TESLA_T5' is no accelerator of Vertex AI, "
            "did you mean 'NVIDIA_TESLA_T4'?",
        ),
        (
            "kubeflow.nodes.Trainer.custom_job={machine_type: banana}",
            "kubeflow.nodes.Trainer.custom_job.machine_type: 'banana': that is no machine type, such as n1-standard-16",
        ),
    ],
)
def test_what_cannot_be_compiled_is_told_by_its_key(override: str, said: str) -> None:
    assert refusal(override).startswith(said)


def test_files_that_hold_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "nothing.json")
    for content in (
        "[1]",
        "{}",
        "a: [",
        '{"pipelineSpec": {}}',
        '{"pipelineSpec": null}',
        '{"deploymentSpec": {"a": 1}}',
    ):
        file = tmp_path / "pipeline.json"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"holds no pipeline|neither JSON nor YAML"):
            read(file)
    file.write_text('{\n"root": {\n"dag"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"json, line 4, is neither JSON nor YAML that .* \(.*\): compile it again"):
        read(file)
    file.write_bytes("京都".encode("shift_jis"))
    with pytest.raises(ConfigError, match="neither JSON nor YAML"):
        read(file)
    with pytest.raises(ConfigError, match=r"name it \.json or \.yaml"):
        write([], tmp_path / "pipeline.txt")
    assert pipeline_spec([{"root": 1}]) == {"root": 1}
