"""The lock files are whole, name no address, and agree with pyproject.toml."""

import re
from itertools import chain
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = {"requirements.lock": ["3.10"], "requirements-modern.lock": ["3.12", "3.13"]}
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8") for name in PYTHONS}
PYPROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


every_lock = pytest.mark.parametrize("lock", LOCKS)


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+) ", LOCKS[lock], flags=re.MULTILINE))


def direct_dependencies() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return PROJECT["dependencies"] + [line for extra in extras for line in extra]


@every_lock
def test_no_address(lock: str) -> None:
    assert re.findall(r"\S*(?:://|--index|--find-links|\.com|\.org)\S*", LOCKS[lock]) == []


@every_lock
def test_every_pin_has_hashes_and_nothing_is_unpinned(lock: str) -> None:
    entries = re.split(r"\n(?=[a-z])", LOCKS[lock].strip())

    hashed = re.compile(r"[a-z0-9.-]+==\S+ (?:; [^\\]* )?\\\n    --hash=sha256:")
    assert [entry for entry in entries if not hashed.match(entry)] == []
    assert len(entries) >= len(pins(lock)) > 200


@every_lock
@pytest.mark.parametrize("line", direct_dependencies())
def test_direct_dependency_is_locked_within_its_range(lock: str, line: str) -> None:
    requirement = Requirement(line)
    for version in PYTHONS[lock]:
        if requirement.marker is None or requirement.marker.evaluate({"python_version": version}):
            pinned = pins(lock)[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pinned, prereleases=True)


@every_lock
def test_what_the_set_up_builds_with_is_locked(lock: str) -> None:
    (builder,) = PYPROJECT["build-system"]["requires"]

    assert Requirement(builder).specifier.contains(pins(lock)["setuptools"])


def test_the_versions_of_python_are_those_that_the_project_allows() -> None:
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier

    assert [f"3.{minor}" for minor in range(20) if f"3.{minor}" in allowed] == [*chain(*PYTHONS.values())]
    assert (ROOT / ".python-version").read_text(encoding="utf-8").split() == PYTHONS["requirements.lock"]
