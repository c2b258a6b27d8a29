"""The tree that rehearsals run in is the image's: the Dockerfile's variables, the wheel's files, and an entry point."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kubeflow.compiler import ENTRY_POINT
from kubeflow.rehearsal import image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LAST_STAGE = (ROOT / "kubeflow" / "Dockerfile").read_text(encoding="utf-8").rpartition("FROM ")[2]
COPIED = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "kubeflow" / "Dockerfile").read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of packages."""
    programs = image.make_tree(tmp_path_factory.mktemp("image") / "画像")
    (packages,) = programs.parent.glob("lib/python*/site-packages")
    return packages


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def run(tree: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    programs = tree.parents[2] / "bin"
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(cwd), **image.ENVIRONMENT}
    return subprocess.run(arguments, env=environment, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_variables_are_the_dockerfiles() -> None:
    variables = dict(re.findall(r"^ENV (\w+)=(.+)$", LAST_STAGE, re.M))
    assert variables.pop("PATH").startswith("/opt/tfx-bert/bin:")
    assert variables == image.ENVIRONMENT
    assert json.loads(re.findall(r"^ENTRYPOINT (.+)$", LAST_STAGE, re.M)[0]) == ["/opt/apache/beam/boot"]
    assert "/opt/apache/beam /opt/apache/beam" in LAST_STAGE  # of Beam's image of the release that is locked
    release = re.findall(r"beam_python3.10_sdk:(\S+)", LAST_STAGE)
    assert f"apache-beam=={release[0]} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\d+)$", LAST_STAGE, re.M)[-1] != "0"


def test_everything_that_is_copied_is_let_in() -> None:
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M))
    assert let_in == {name for names in COPIED for name in names.split()}
    assert all((ROOT / name).exists() for name in let_in)


def test_the_files_are_those_of_the_wheel_that_the_dockerfile_builds(tree: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in (name for names in COPIED for name in names.split()):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    built = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=True)
    wheel = zipfile.ZipFile(source / built.stdout.splitlines()[-1])
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {f"{package}/{name}" for package in image.PACKAGES for name in files(tree / package)} == packed


def test_nodes_start_in_it(tree: Path, tmp_path: Path) -> None:
    def output(name: str) -> dict:
        kind = {"instanceSchema": "title: tfx.Schema\ntype: object\n"}
        return {"artifacts": [{"name": name, "type": kind, "uri": str(tmp_path / name)}]}

    written = {
        "inputs": {"parameterValues": {"text": 'feature { name: "本文" }'}},
        "outputs": {"artifacts": {"schema": output("schema")}, "outputFile": str(tmp_path / "output.json")},
    }
    specified = json.dumps({"parameters": {"text": {"parameterType": "STRING"}}})
    arguments = ["--json_serialized_invocation_args", json.dumps(written)]
    arguments += ["--json_serialized_inputs_spec_args", specified]
    done = run(
        tree, *ENTRY_POINT, "--executor_class_path", "components.schema.executor.Executor", *arguments, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "schema" / "schema.pbtxt").read_text(encoding="utf-8") == 'feature { name: "本文" }'
    assert "schema" in json.loads((tmp_path / "output.json").read_text(encoding="utf-8"))["artifacts"]


def test_an_error_for_people_is_the_last_line_and_its_exit_code(tree: Path, tmp_path: Path) -> None:
    executor = "components.pusher.executor.Executor"
    kind = {"instanceSchema": "title: tfx.PushedModel\ntype: object\n"}
    outputs = {"artifacts": {"pushed_model": {"artifacts": [{"name": "p", "type": kind, "uri": str(tmp_path / "p")}]}}}
    written = {
        "inputs": {"parameterValues": {"config": "{}"}},
        "outputs": {**outputs, "outputFile": str(tmp_path / "o")},
    }
    specified = json.dumps({"parameters": {"config": {"parameterType": "STRING"}}})
    arguments = ["--json_serialized_invocation_args", json.dumps(written)]
    arguments += ["--json_serialized_inputs_spec_args", specified]
    done = run(tree, *ENTRY_POINT, "--executor_class_path", executor, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("tfx-bert: pusher.destination: is not set")


def test_only_the_image_can_be_imported(tree: Path, tmp_path: Path) -> None:
    imported = run(tree, "python", "-c", "import pipeline, tensorflow_text; print(pipeline.__file__)", cwd=tmp_path)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.startswith(str(tree))
    tests = run(tree, "python", "-c", "import tests.kubeflow", cwd=tmp_path)
    assert "ModuleNotFoundError" in tests.stderr
