"""Which model a candidate is compared with."""

import shutil
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.evaluator.last_blessed import LastBlessed
from components.pusher.push import push, rollback
from components.trainer.labels import write_labels


@pytest.fixture
def judged(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Models 1 to 4, of which all but 3 were blessed, 2 last of all: it was judged again."""
    models, blessings = [], []
    for number in range(1, 5):
        model = standard_artifacts.Model()
        model.id, model.uri = number, str(tmp_path / str(number))
        write_labels(f"{model.uri}/Format-Serving", ["京都"])
        models.append(model)
    for number, (judged, blessed) in enumerate([(1, 1), (2, 1), (3, 0), (4, 1), (2, 1)]):
        blessing = standard_artifacts.ModelBlessing()
        blessing.id = 10 + number
        blessing.set_int_custom_property("current_model_id", judged)
        blessing.set_int_custom_property("blessed", blessed)
        blessings.append(blessing)
    return models, blessings


def resolve(judged, candidate: int, checks=(), pushes=()) -> list[int]:  # type: ignore[no-untyped-def]
    models, blessings = judged
    given = {
        "model": list(models),
        "blessing": blessings,
        "checked": list(checks),
        "pushed": list(pushes),
        "candidate": [models[candidate - 1]],
    }
    found = LastBlessed().resolve_artifacts(None, given)
    assert [model.id for model in found["candidate"]] == [candidate]
    return [model.id for model in found["model"]]


def test_the_one_that_was_blessed_last(judged) -> None:  # type: ignore[no-untyped-def]
    assert resolve(judged, candidate=3) == [2]


def test_never_the_candidate(judged) -> None:  # type: ignore[no-untyped-def]
    assert resolve(judged, candidate=2) == [4]


def test_never_one_whose_files_are_gone(judged) -> None:  # type: ignore[no-untyped-def]
    shutil.rmtree(judged[0][1].uri)
    assert resolve(judged, candidate=3) == [4]


def test_never_one_that_cannot_be_served(judged) -> None:  # type: ignore[no-untyped-def]
    check = standard_artifacts.InfraBlessing()
    check.set_int_custom_property("current_model_id", 2)
    check.set_int_custom_property("blessed", 0)
    assert resolve(judged, candidate=3, checks=[check]) == [4]


def test_never_one_that_was_rolled_back_from_as_long_as_it_is(judged, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    serving, pushes = f"{tmp_path}/serving/評判", []
    for number in (4, 2):
        model_dir = tmp_path / str(number) / "Format-Serving"
        (model_dir / "saved_model.pb").write_text(f"graph {number}")
        made = push(str(model_dir), serving)
        pushed = standard_artifacts.PushedModel()
        pushed.set_string_custom_property("pushed_destination", made.path)
        pushed.set_string_custom_property("pushed_digest", made.digest)
        pushed.set_int_custom_property("current_model_id", number)
        pushes.append(pushed)
    pushes.append(standard_artifacts.PushedModel())  # of a model that was refused
    assert resolve(judged, candidate=3, pushes=pushes) == [2]
    rollback(serving)
    assert resolve(judged, candidate=3, pushes=pushes) == [4]
    rollback(serving, to=made.version)
    assert resolve(judged, candidate=3, pushes=pushes) == [2]
    shutil.rmtree(serving)
    assert resolve(judged, candidate=3, pushes=pushes) == [2]


def test_none_if_nothing_was_blessed(judged) -> None:  # type: ignore[no-untyped-def]
    models, blessings = judged
    assert resolve((models, blessings[2:3]), candidate=1) == []
    assert resolve((models, []), candidate=1) == []
