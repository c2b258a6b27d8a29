"""The lock file is whole, names no address, and agrees with pyproject.toml."""

import re
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def pins() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+) ", LOCK, flags=re.MULTILINE))


def direct_dependencies() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return PROJECT["dependencies"] + [line for extra in extras for line in extra]


def test_no_address() -> None:
    assert re.findall(r"\S*(?:://|--index|--find-links|\.com|\.org)\S*", LOCK) == []


def test_every_pin_has_hashes_and_nothing_is_unpinned() -> None:
    entries = re.split(r"\n(?=[a-z])", LOCK.strip())

    hashed = re.compile(r"[a-z0-9.-]+==\S+ \\\n    --hash=sha256:")
    assert [entry for entry in entries if not hashed.match(entry)] == []
    assert len(entries) == len(pins()) > 200


@pytest.mark.parametrize("line", direct_dependencies())
def test_direct_dependency_is_locked_within_its_range(line: str) -> None:
    requirement = Requirement(line)

    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)], prereleases=True)


def test_what_the_set_up_builds_with_is_locked() -> None:
    (builder,) = PYPROJECT["build-system"]["requires"]

    assert Requirement(builder).specifier.contains(pins()["setuptools"])


def test_python_version_is_one_that_the_project_allows() -> None:
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()

    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)
