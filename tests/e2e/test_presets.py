"""The presets on real data, in their smoke size, as a person runs them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import outcome
from tests.e2e.conftest import Workplace

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.data]

Make = Callable[[Path], Workplace]
CHECKED = ["ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGate"]
CLASSIFIER = [
    "TokenStatistics",
    "TokenGate",
    "Transform",
    "FeatureGen",
    "Trainer",
    "Baseline",
    "LastBlessed",
    "Evaluator",
    "ServableCheck",
    "Pusher",
    "Report",
]


def ran(run: outcome.Run) -> set[str]:
    """The nodes that were not cached."""
    return {node.name for node in run.nodes if node.state != "cached"}


def names(run: outcome.Run) -> set[str]:
    return {node.name for node in run.nodes}


def metrics(run: outcome.Run, node: str) -> dict:
    return next(record.metrics for record in run.nodes if record.name == node)


def pushed(run: outcome.Run, name: str) -> Path:
    return next(Path(push.path) for push in run.pushes if Path(push.path).parent.name == name)


def test_knbc_and_its_cache(workplace: Make, data_dir: Path) -> None:
    """Runs KNBC; edits a module of FeatureGen; runs twice more: that node and those after it run once again."""
    place = workplace(data_dir)
    first = place.run("knbc", "--set", "size=smoke")
    assert {
        *CHECKED,
        *CLASSIFIER,
        "CorpusExampleGen",
        "CorpusDataGate",
        "Tokenizer",
        "CorpusTransform",
    } <= names(first)
    assert ran(first) == names(first)
    assert metrics(first, "Evaluator")["example_count"] == 377
    assert metrics(first, "Evaluator")["weighted_f1"] > 0.3
    assert pushed(first, "knbc").is_dir()

    answers = place.command("predict", "--model", place.root / "serving" / "knbc", "電池がすぐ切れる。", "Hello")
    assert answers.returncode == 0, answers.stderr
    rows = [json.loads(line) for line in answers.stdout.splitlines()]
    assert [set(row["probabilities"]) for row in rows] == [{"グルメ", "携帯電話", "京都", "スポーツ"}] * 2
    filled = place.command("fill-mask", "--model", place.root / "serving" / "knbc-fill-mask", "京都の[MASK]は美しい。")
    assert len(filled.stdout.splitlines()) == 5, filled.stderr

    module = place.code / "components" / "feature_gen" / "pooling.py"
    module.write_text(module.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    second = place.run("knbc", "--set", "size=smoke")
    assert ran(second) - {"Pusher", "LastBlessed"} == {"FeatureGen", "Trainer", "Evaluator", "ServableCheck", "Report"}
    third = place.run("knbc", "--set", "size=smoke")
    assert ran(third) <= {"LastBlessed"}  # it is looked up, never computed
    assert not any(push.new for push in third.pushes)


@pytest.mark.full
def test_newsgroups(workplace: Make, data_dir: Path, minilm: Path) -> None:
    place = workplace(data_dir)
    run = place.run("newsgroups", "--set", "size=smoke", "--set", f"backbone.source={minilm}")
    assert {*CHECKED, *CLASSIFIER, "Backbone", "Tokenizer"} == names(run)
    assert len(metrics(run, "Evaluator")["labels"]) == 20
    assert metrics(run, "Evaluator")["accuracy"] > 0.2
    answer = place.command(
        "predict",
        "--model",
        pushed(run, "newsgroups"),
        "--input",
        "-",
        stdin='{"text": "The goalie saved the puck."}',
    )
    assert json.loads(answer.stdout)["label"].count(".") >= 1


def test_wikitext2(workplace: Make, data_dir: Path) -> None:
    place = workplace(data_dir)
    run = place.run("wikitext2", "--set", "size=smoke")
    assert "Trainer" not in names(run)
    assert 1 < metrics(run, "Pretrainer")["perplexity"] < 4000  # below the uniform guess over the vocabulary
    filled = place.command("fill-mask", "--model", place.root / "serving" / "wikitext2", "the [MASK] of the city .")
    assert len(filled.stdout.splitlines()) == 5, filled.stderr


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """The real MiniLM encoder, where the script that unpacks it is beside the data."""
    script = data_dir.parent / "get-minilm"
    if not script.is_file():
        pytest.skip(f"no {script}")
    folder = tmp_path_factory.mktemp("minilm")
    done = subprocess.run([str(script), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"get-minilm failed: {done.stderr.strip()[-200:]}")
    return folder
