"""Every node reads and writes artifacts that are on no disk: those of a bucket are not either."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

from components.errors import ConfigError, DataError
from components.local_copies import local_copy, local_output
from kubeflow.compiler import compile_pipeline
from kubeflow.container import complete
from kubeflow.documents import pipeline_spec
from kubeflow.rehearsal.launching import INPUT, Artifacts, executor_input, read_outputs
from kubeflow.rehearsal.specification import read_tasks
from pipeline import loading
from tests.kubeflow import ram
from tests.pipeline.test_drift import write_schema

pytestmark = pytest.mark.slow

BUCKET = "ram://bucket"
CONFIG = """
name: tiny
corpus: {sources: [{format: text, files: DATA/texts.txt, split: {eval_share: 0.2}}]}
labelled:
  sources: [{format: csv, files: "DATA/{SPAN}/rows.csv", label_column: label, split: {eval_share: 0.3}}]
  resolver: {rolling_window: 2}
  schema: schema
tokenizer: {kind: sentencepiece, vocab_size: 100}
text: {max_length: 16, stop_words: [english, DATA/stop.txt]}
pretrainer: {hidden_size: 16, layers: 2, heads: 2, intermediate_size: 32, max_positions: 32, block_length: 16,
  max_steps: 5, batch_size: 4, precision: float32}
trainer: {epochs: 2, unfreeze: {epochs: 1}, ngrams: {}, warm_start: true}
evaluator: {thresholds: {accuracy: 0.0}}
kubeflow: {root: ROOT, image: registry.example/tfx-bert}
"""
TEXTS = ["京都 の 寺", "携帯 電話", "battery dies", "red leaves", "the phone", "a temple"]


def write(path: str, text: str) -> None:
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(text)


def read(path: str) -> str:
    with tf.io.gfile.GFile(path) as file:
        return str(file.read())


def labels() -> list[str]:
    return ["観光" if number in (0, 3, 5) else "電話" for number in range(len(TEXTS))]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ram.mend(monkeypatch)
    monkeypatch.chdir(tmp_path)
    data = f"{BUCKET}/データ"
    write(f"{data}/texts.txt", "".join(f"{TEXTS[i % 6]} {TEXTS[i * 7 % 6]} number {i}\n" for i in range(400)))
    write(f"{data}/6/rows.csv", "text,label\n")
    write_span("007", labels())
    write(f"{data}/stop.txt", "the\n")
    write_schema(tmp_path / "schema", "drift")
    file = tmp_path / "tiny.yaml"
    file.write_text(CONFIG.replace("DATA", data).replace("ROOT", f"{BUCKET}/tfx"), encoding="utf-8")
    return file


def write_span(number: str, labelled: list[str]) -> None:
    rows = (f"{TEXTS[i % 6]} {i},{labelled[i % 6]}\n" for i in range(120))
    write(f"{BUCKET}/データ/{number}/rows.csv", "text,label\n" + "".join(rows))


def run(config: Path, job: str = "job", made: Artifacts | None = None) -> Artifacts:
    """Runs all nodes, but those whose outputs are made already."""
    made = dict(made or {})
    for task in read_tasks(pipeline_spec(compile_pipeline(loading.load(str(config), elsewhere=True), "kubeflow"))):
        if any(name == task.name for name, _ in made):
            continue
        written = executor_input(task, made, f"{BUCKET}/tfx/artifacts/{job}")
        arguments = [argument.replace(INPUT, json.dumps(_as_kubeflow(written))) for argument in task.arguments]
        kubeflow_v2_run_executor.main(kubeflow_v2_run_executor._parse_flags(["", *complete(arguments)]))
        outputs = read_outputs(written, read(written["outputs"]["outputFile"]))
        made |= {(task.name, key): artifact for key, artifact in outputs.items()}
    return made


def _as_kubeflow(written: dict[str, Any]) -> dict[str, Any]:
    """Kubeflow Pipelines gives inputs without their types, and adds an output for logs."""
    changed = copy.deepcopy(written)
    for found in changed["inputs"]["artifacts"].values():
        for artifact in found["artifacts"]:
            artifact["type"] = {"instanceSchema": ""}
    logs = {"name": "logs", "type": {"schemaTitle": "system.Artifact"}, "uri": f"{BUCKET}/logs"}
    changed["outputs"]["artifacts"]["executor-logs"] = {"artifacts": [logs]}
    return changed


def test_all_nodes_with_a_bucket(config: Path) -> None:
    made = run(config)
    assert all(artifact["uri"].startswith(BUCKET) for artifact in made.values())
    assert {path.name for path in config.parent.iterdir()} == {config.name, "schema"}  # nothing has leaked to the disk
    assert made["ExampleGen", "examples"]["metadata"]["span"] == 7
    pushed = made["Pusher", "pushed_model"]["metadata"]
    assert pushed["pushed"] == 1 and pushed["pushed_destination"].startswith(f"{BUCKET}/tfx/serving/tiny/")
    model = tf.saved_model.load(local_copy(pushed["pushed_destination"]))
    answer = model.signatures["serving_default"](text=tf.constant(["京都の寺"]))
    assert {label.decode() for label in answer["labels"].numpy()[0]} == {"観光", "電話"}

    # The next span: a window over both, and training that goes on from what is served.
    write_span("8", labels())
    kept = {key: one for key, one in made.items() if key[0] in ("Pretrainer", "Tokenizer")}
    again = run(config, "next", kept)
    assert json.loads(read(f"{again['Window', 'examples']['uri']}/window.json")) == {"spans": [7, 8]}
    began = json.loads(read(f"{again['Trainer', 'model_run']['uri']}/metrics.json"))["warm_start"]
    assert began == {"model": pushed["pushed_destination"], "encoder": "taken"}

    # One that is too different from it.
    write_span("9", ["観光"] * 5 + ["電話"])
    with pytest.raises(DataError, match="feature 'label': High Linfty distance between current and previous"):
        run(config, "shifted")


def test_copies_of_files_and_folders(tmp_path: Path) -> None:
    write(f"{BUCKET}/copies/京都/a.txt", "あ")
    assert Path(local_copy(f"{BUCKET}/copies/京都/a.txt")).read_text(encoding="utf-8") == "あ"
    folder = local_copy(f"{BUCKET}/copies")
    assert Path(folder, "京都", "a.txt").read_text(encoding="utf-8") == "あ"
    assert local_copy(f"{BUCKET}/copies") == folder  # fetched once
    assert Path(local_copy(f"{BUCKET}/copies/"), "京都", "a.txt").is_file()
    with pytest.raises(ConfigError, match="ram://bucket/無: nothing is there"):
        local_copy(f"{BUCKET}/無")
    assert local_copy(str(tmp_path)) == str(tmp_path)

    with local_output(f"{BUCKET}/written") as place:
        Path(place, "b.txt").write_text("い", encoding="utf-8")
    assert read(f"{BUCKET}/written/b.txt") == "い" and not Path(place).exists()
    with local_output(str(tmp_path / "made" / "here")) as place:
        assert Path(place) == tmp_path / "made" / "here" and Path(place).is_dir()
