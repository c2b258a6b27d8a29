"""A model is published to a directory and to a Hub, if it is blessed."""

from collections.abc import Iterator
from pathlib import Path

import pydantic
import pytest
from huggingface_hub import constants
from huggingface_hub.utils import reset_sessions
from tfx.types import standard_artifacts
from transformers import AutoTokenizer, BertTokenizerFast, TFAutoModel

from components import artifacts
from components.errors import ConfigError
from components.hub_pusher.config import HuggingFaceConfig
from components.hub_pusher.executor import Executor
from tests.components.hub_pusher.fake_hub import TOKEN, run_hub
from tests.components.tiny import WIDTH, write_backbone

pytestmark = pytest.mark.slow
CARD_TEXT = """---
pipeline_tag: text-classification
---
# 評判

## Use

`report.html` beside this card says where it is.
"""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """The artifacts of a run, by input key."""
    root = tmp_path_factory.mktemp("run")
    made = {}
    for key, kind in {
        "model": standard_artifacts.Model,
        "backbone": artifacts.Backbone,
        "tokenizer": artifacts.Tokenizer,
        "report": artifacts.Report,
        "model_run": standard_artifacts.ModelRun,
        "model_blessing": standard_artifacts.ModelBlessing,
    }.items():
        (root / key).mkdir()
        made[key] = kind()
        made[key].uri = str(root / key)
    made["model_blessing"].set_int_custom_property("blessed", 1)
    write_backbone(root / "backbone")
    vocabulary = root / "vocab.txt"
    vocabulary.write_text("".join(f"{piece}\n" for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "京", "都")))
    BertTokenizerFast(str(vocabulary)).save_pretrained(root / "tokenizer")
    (root / "report" / "model_card.md").write_text(CARD_TEXT, encoding="utf-8")
    (root / "model" / "Format-Serving" / "assets.extra").mkdir(parents=True)
    for name in ("expected_answers.json", "tf_serving_warmup_requests"):
        (root / "model" / "Format-Serving" / "assets.extra" / name).touch()
    (root / "model" / "Format-Serving" / "saved_model.pb").write_bytes(b"graph")
    return made


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Other tests may have told the library that there is no network."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    reset_sessions()
    yield
    reset_sessions()


def publish(root: Path, parts, **config: object):  # type: ignore[no-untyped-def]
    output = standard_artifacts.PushedModel()
    output.uri = str(root / "published")
    Executor().Do(
        {key: [artifact] for key, artifact in parts.items()},
        {"published": [output]},
        {"config": HuggingFaceConfig(**config).model_dump_json()},  # type: ignore[arg-type]
    )
    return output


def test_a_directory_that_hugging_face_loads(tmp_path: Path, parts) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "配布" / "model"
    output = publish(tmp_path, parts, directory=str(target))
    assert output.get_string_custom_property("pushed_destination") == str(target)
    assert AutoTokenizer.from_pretrained(target).tokenize("京都") == ["京", "都"]
    assert TFAutoModel.from_pretrained(target).config.hidden_size == WIDTH
    card = (target / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\npipeline_tag: text-classification") and "SavedModel in `saved_model`" in card
    assert "predict --model saved_model" in card and "report.html" not in card and card.count("## Use") == 1
    assert (target / "saved_model" / "saved_model.pb").read_bytes() == b"graph"
    assert not (target / "saved_model" / "assets.extra").exists()  # texts of the data
    (target / "left over").touch()
    (target.parent / ".old-model" / "of a killed run").mkdir(parents=True)
    publish(tmp_path, parts, directory=str(target))
    assert not (target / "left over").exists()
    assert [path.name for path in target.parent.iterdir()] == ["model"]


def test_the_tuned_encoder_is_taken_where_there_is_one(tmp_path: Path, parts) -> None:  # type: ignore[no-untyped-def]
    tuned = tmp_path / "run" / "encoder"
    tuned.mkdir(parents=True)
    (tuned / "config.json").write_text("{}")
    run = standard_artifacts.ModelRun()
    run.uri = str(tmp_path / "run")
    publish(tmp_path, {**parts, "model_run": run}, directory=str(tmp_path / "model"))
    assert (tmp_path / "model" / "config.json").read_text() == "{}"


def test_a_repository_of_a_hub(tmp_path: Path, parts, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with run_hub() as (address, hub):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        output = publish(tmp_path, parts, repo="people/reviews")
    assert hub.repos == {"people/reviews": True}
    assert hub.files["people/reviews", "README.md"].startswith(b"---\npipeline_tag")
    assert {"config.json", "tokenizer.json", "tf_model.h5", "saved_model/saved_model.pb"} <= {
        path for _, path in hub.files
    }
    assert hub.messages == ["tfx-bert, a run"]
    assert output.get_string_custom_property("pushed_destination") == f"{address}/people/reviews/commit/1"


def test_a_hub_that_refuses_the_token(tmp_path: Path, parts, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with run_hub() as (address, _):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(ConfigError, match="pusher.huggingface.repo: people/reviews: the Hub refused it .*HF_TOKEN"):
            publish(tmp_path, parts, repo="people/reviews")


def test_a_model_that_is_not_blessed_is_not_published(tmp_path: Path, parts) -> None:  # type: ignore[no-untyped-def]
    blessing = standard_artifacts.ModelBlessing()
    blessing.uri = "/not/blessed"
    blessing.set_int_custom_property("blessed", 0)
    output = publish(tmp_path, {**parts, "model_blessing": blessing}, directory=str(tmp_path / "model"))
    assert output.get_int_custom_property("pushed") == 0
    assert output.get_string_custom_property("reason") == "not blessed by the Evaluator"
    assert not (tmp_path / "model").exists()


def test_a_model_that_was_not_pushed_is_not_published(tmp_path: Path, parts) -> None:  # type: ignore[no-untyped-def]
    pushed = standard_artifacts.PushedModel()
    pushed.set_int_custom_property("pushed", 0)
    pushed.set_string_custom_property("reason", "it was rolled back from")
    output = publish(tmp_path, {**parts, "pushed_model": pushed}, directory=str(tmp_path / "model"))
    assert output.get_string_custom_property("reason") == "it was rolled back from"
    assert not (tmp_path / "model").exists()


def test_nowhere_to_go_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="nowhere to push to"):
        HuggingFaceConfig()
