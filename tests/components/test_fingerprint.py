"""Fingerprints: every first-party module that a node runs counts, nothing else does."""

from pathlib import Path

import pytest

from components import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `parts`, of which a imports b (relatively), b imports c inside a function, and d stands alone."""
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text("import json\nfrom . import b\n")
    (folder / "b.py").write_text("def work():\n    from parts.c import x\n    return x\n")
    (folder / "c.py").write_text("x = 1\n")
    (folder / "d.py").write_text("y = 1\n")
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    monkeypatch.setattr(fingerprint, "FIRST_PARTY", "parts")
    return folder


@pytest.mark.parametrize("changed", ["a", "b", "c"])
def test_an_edit_anywhere_below_changes_it(package: Path, changed: str) -> None:
    before = fingerprint.code_fingerprint("parts.a")
    (package / f"{changed}.py").open("a").write("# edited\n")
    assert fingerprint.code_fingerprint("parts.a") != before


def test_an_edit_elsewhere_does_not(package: Path) -> None:
    before = fingerprint.code_fingerprint("parts.a")
    (package / "d.py").write_text("y = 2\n")
    assert fingerprint.code_fingerprint("parts.a") == before


@pytest.mark.parametrize("data", ["table.txt", "templates/page.html"])
def test_data_beside_a_module_counts_and_that_of_other_packages_does_not(package: Path, data: str) -> None:
    for name in ("used", "other"):
        (package / name / "templates").mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
        (package / name / data).write_text("1")
    (package / "c.py").write_text("from parts import used\nx = 1\n")
    before = fingerprint.code_fingerprint("parts.a")
    (package / "other" / data).write_text("2")
    assert fingerprint.code_fingerprint("parts.a") == before
    (package / "used" / data).write_text("2")
    assert fingerprint.code_fingerprint("parts.a") != before


def test_an_unknown_module_is_an_error(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"parts\.nowhere"):
        fingerprint.code_fingerprint("parts.nowhere")
