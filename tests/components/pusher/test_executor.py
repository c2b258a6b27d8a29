"""The node on real artifacts, and in TFX's cache."""

import json
import shutil
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components import artifacts
from components.errors import ConfigError
from components.pusher.config import PusherConfig
from components.pusher.executor import Executor
from components.pusher.push import list_versions, rollback


def versions(destination: Path) -> list[int]:
    return [version for version, _ in list_versions(str(destination))]


def _artifact(kind: type, path: Path, **properties: int):  # type: ignore[no-untyped-def]
    artifact = kind()
    artifact.uri = str(path)
    for name, value in properties.items():
        artifact.set_int_custom_property(name, value)
    return artifact


def _model(root: Path, graph: bytes = b"graph"):  # type: ignore[no-untyped-def]
    (root / "model" / "Format-Serving").mkdir(parents=True, exist_ok=True)
    (root / "model" / "Format-Serving" / "saved_model.pb").write_bytes(graph)
    return _artifact(standard_artifacts.Model, root / "model")


def _run(root: Path, **inputs: object):  # type: ignore[no-untyped-def]
    output = _artifact(standard_artifacts.PushedModel, root / "pushed_model")
    config = PusherConfig(destination=str(root / "serving" / "京都"))
    executor = Executor()
    executor.Do(
        {name: [artifact] for name, artifact in inputs.items()},
        {"pushed_model": [output]},
        {"config": config.model_dump_json()},
    )
    return output


def test_a_blessed_model_is_pushed(tmp_path: Path) -> None:
    blessing = _artifact(standard_artifacts.ModelBlessing, tmp_path / "b", blessed=1)
    output = _run(tmp_path, model=_model(tmp_path), model_blessing=blessing)
    (version,) = versions(tmp_path / "serving" / "京都")
    path = tmp_path / "serving" / "京都" / str(version)
    assert (path / "saved_model.pb").read_bytes() == b"graph"
    assert output.get_int_custom_property("pushed") == 1
    assert output.get_int_custom_property("pushed_new") == 1
    assert output.get_string_custom_property("pushed_destination") == str(path)
    assert output.get_string_custom_property("pushed_version") == str(version)
    record = json.loads((tmp_path / "pushed_model" / "pushed.json").read_text(encoding="utf-8"))
    assert (record["pushed"], record["path"], record["version"]) == (True, str(path), version)

    again = _run(tmp_path, model=_model(tmp_path), model_blessing=blessing)
    assert again.get_int_custom_property("pushed") == 1
    assert again.get_int_custom_property("pushed_new") == 0
    assert again.get_string_custom_property("pushed_version") == str(version)


def test_the_checked_copy_with_its_warmup_is_preferred(tmp_path: Path) -> None:
    checked = tmp_path / "checked" / "stamped_model"
    (checked / "assets.extra").mkdir(parents=True)
    (checked / "saved_model.pb").write_bytes(b"graph")
    (checked / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"warm")
    blessing = _artifact(standard_artifacts.InfraBlessing, tmp_path / "checked", blessed=1, has_model=1)
    output = _run(tmp_path, model=_model(tmp_path), infra_blessing=blessing)
    path = Path(output.get_string_custom_property("pushed_destination"))
    assert (path / "assets.extra" / "tf_serving_warmup_requests").read_bytes() == b"warm"


def test_figures_of_the_evaluation_go_into_the_manifest(tmp_path: Path) -> None:
    evaluation = _artifact(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "metrics.json").write_text('{"accuracy": 0.75, "labels": ["京都"]}', encoding="utf-8")
    _run(tmp_path, model=_model(tmp_path), evaluation=evaluation)
    ((_, manifest),) = list_versions(str(tmp_path / "serving" / "京都"))
    assert manifest is not None
    assert manifest.metrics == {"accuracy": 0.75}


def test_a_model_that_was_rolled_back_from_is_not_pushed_again(tmp_path: Path) -> None:
    _run(tmp_path, model=_model(tmp_path, b"good"))
    _run(tmp_path, model=_model(tmp_path, b"bad"))
    rollback(str(tmp_path / "serving" / "京都"))
    output = _run(tmp_path, model=_model(tmp_path, b"bad"))
    assert output.get_int_custom_property("pushed") == 0
    assert output.get_int_custom_property("withdrawn") == 1
    assert "rolled back from" in output.get_string_custom_property("reason")


@pytest.mark.parametrize(
    ("name", "kind", "who"),
    [
        ("model_blessing", standard_artifacts.ModelBlessing, "Evaluator"),
        ("masked_model_blessing", artifacts.MaskedModelBlessing, "Evaluator"),
        ("infra_blessing", standard_artifacts.InfraBlessing, "ServableCheck"),
    ],
)
def test_a_model_that_is_not_blessed_is_not_pushed(tmp_path: Path, name: str, kind: type, who: str) -> None:
    output = _run(tmp_path, model=_model(tmp_path), **{name: _artifact(kind, tmp_path / "b", blessed=0)})
    assert output.get_int_custom_property("pushed") == 0
    assert output.get_string_custom_property("reason").endswith(who)
    assert not (tmp_path / "serving").exists()
    assert json.loads((tmp_path / "pushed_model" / "pushed.json").read_text(encoding="utf-8"))["pushed"] is False


def test_a_destination_is_needed(tmp_path: Path) -> None:
    output = _artifact(standard_artifacts.PushedModel, tmp_path / "pushed_model")
    with pytest.raises(ConfigError, match=r"pusher\.destination"):
        Executor().Do(
            {"model": [_model(tmp_path)]},
            {"pushed_model": [output]},
            {"config": PusherConfig().model_dump_json()},
        )


def test_a_rerun_is_cached_and_an_emptied_destination_is_filled_again(tmp_path: Path) -> None:
    from ml_metadata.proto import metadata_store_pb2
    from tfx.dsl.components.common.importer import Importer
    from tfx.orchestration import metadata
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner
    from tfx.orchestration.pipeline import Pipeline

    from components.pusher.component import Pusher
    from components.pusher.stale import forget_stale_pushes

    _model(tmp_path)
    database = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
    serving = tmp_path / "serving"

    def run() -> int:
        """Runs the pipeline; gives the number of executions of the Pusher that were not cached."""
        model = Importer(source_uri=str(tmp_path / "model"), artifact_type=standard_artifacts.Model).with_id("Model")
        pusher = Pusher(PusherConfig(destination=str(serving)), model=model.outputs["result"])
        LocalDagRunner().run(
            Pipeline(
                pipeline_name="p",
                pipeline_root=str(tmp_path / "root"),
                metadata_connection_config=database,
                enable_cache=True,
                components=[model, pusher],
            )
        )
        with metadata.Metadata(database) as handle:
            executions = handle.store.get_executions_by_type("components.pusher.component.Pusher")
        complete = metadata_store_pb2.Execution.COMPLETE
        return sum(execution.last_known_state == complete for execution in executions)

    assert run() == 1
    pushed = versions(serving)
    assert len(pushed) == 1
    assert forget_stale_pushes(tmp_path / "root" / "Pusher") == []
    assert run() == 1
    shutil.rmtree(serving)
    assert run() == 1, "a cached Pusher looks at nothing"
    assert not serving.exists()
    assert len(forget_stale_pushes(tmp_path / "root" / "Pusher")) == 1
    assert run() == 2
    assert len(versions(serving)) == 1
    assert forget_stale_pushes(tmp_path / "root" / "Pusher") == []
    assert run() == 2
