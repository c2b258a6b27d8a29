"""A container is a process: what it is given, and what is told when it fails."""

import json
import os
import sys
from pathlib import Path

import pytest

from kubeflow.rehearsal.launching import Machine, TaskFailed, launch
from kubeflow.rehearsal.specification import Task

TYPE = {"instanceSchema": "title: components.Report\ntype: object\n"}
WRITE = """
import json, os, pathlib, sys
given = json.loads(sys.argv[1])
artifact = given["outputs"]["artifacts"]["report"]["artifacts"][0]
(pathlib.Path(artifact["uri"]) / "environment.json").write_text(json.dumps([dict(os.environ), os.getcwd(), given]))
told = {"artifacts": {"report": {"artifacts": [{"uri": artifact["uri"], "metadata": {"場所": "京都"}}]}}}
pathlib.Path(given["outputs"]["outputFile"]).write_text(json.dumps(told))
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("job", "logs", "home"):
        (tmp_path / name).mkdir()
    path = os.path.dirname(sys.executable)
    return Machine(tmp_path / "job", tmp_path / "logs", tmp_path / "home", path, {"LANG": "C.UTF-8"})


def task(code: str) -> Task:
    inputs = {"texts": ("First", "texts")}
    return Task(
        "Second", "i", ["python", "-c", code], ["{{$}}"], {"A": "1"}, inputs, {"seed": 3.0}, {"report": TYPE}, []
    )


MADE = {("First", "texts"): {"name": "First/texts", "uri": "/texts", "type": TYPE, "metadata": {}}}


def test_what_a_container_is_given_and_tells(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/leak")
    outputs = launch(task(WRITE), MADE, machine)
    report = outputs["report"]
    assert report["metadata"] == {"場所": "京都"} and report["type"] == TYPE
    environment, folder, given = json.loads(Path(report["uri"], "environment.json").read_text(encoding="utf-8"))
    assert {"A", "HOME", "LANG", "PATH"} <= set(environment) and "PYTHONPATH" not in environment
    assert folder == str(machine.home)
    assert given["inputs"]["artifacts"]["texts"]["artifacts"] == [MADE["First", "texts"]]
    assert given["inputs"]["parameterValues"] == {"seed": 3.0}


@pytest.mark.parametrize(
    ("code", "said", "exit_code"),
    [
        ("import sys; print('tfx-bert: name: 悪い'); print('bye'); sys.exit(2)", "name: 悪い", 2),
        (
            "print('tfx-bert: 2 findings\\n- 京都\\n    remedy: 直す\\nbye'); exit(3)",
            "2 findings\n- 京都\n    remedy: 直す",
            3,
        ),
        ("import pipelin", "ModuleNotFoundError: No module named 'pipelin'", 1),
        ("import os; os._exit(7)", "it printed nothing", 7),
        ("", "wrote no ", 1),
    ],
)
def test_why_it_failed(code: str, said: str, exit_code: int, machine: Machine) -> None:
    with pytest.raises(TaskFailed) as failed:
        launch(task(code), MADE, machine)
    assert str(failed.value).startswith(said) and failed.value.exit_code == exit_code
