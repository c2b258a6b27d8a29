"""The wheel holds the data files beside the code."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("components", "kubeflow", "pipeline", "schemas")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    tree = tmp_path_factory.mktemp("tree")
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, tree)
    for name in (*PACKAGES, "tests"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name)
    build = "import setuptools.build_meta, sys; print(setuptools.build_meta.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(tree)], cwd=tree, check=True, capture_output=True)
    (wheel,) = tree.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_every_file_of_the_packages_is_in_it(names: list[str]) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert {path.suffix for path in map(Path, files)} >= {".py", ".yaml", ".pbtxt", ".csv"}
    assert files - set(names) == set()


def test_nothing_else_is_in_it(names: list[str]) -> None:
    folders = {name.split("/")[0] for name in names}

    assert folders <= {*PACKAGES, "tfx_bert-0.1.0.dist-info"}
    assert [name for name in names if "__pycache__" in name] == []
    assert "tfx_bert-0.1.0.dist-info/licenses/LICENSE" in names
