"""Nothing but `components.stores` asks a store what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASKING = re.compile(r"\b(?:gfile|fileio|file_io)(?:\(\))?\.(?:exists|isdir|listdir|walk|glob|stat)\b")
ALLOWED = {
    "components/stores.py": "the module that asks: stat, and listdir after it",
}


def test_one_module_asks_stores() -> None:
    found = {}
    for folder in ("components", "pipeline", "kubeflow"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            lines = [
                f"{name}:{number}: {line.strip()}"
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
                if ASKING.search(line)
            ]
            if lines and name not in ALLOWED:
                found[name] = lines
    assert found == {}, "ask components.files instead: TensorFlow's functions say no when a store is away"


def test_what_is_allowed_is_needed() -> None:
    for name in ALLOWED:
        assert ASKING.search((ROOT / name).read_text(encoding="utf-8")), f"{name} asks no more: take it off the list"
