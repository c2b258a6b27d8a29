"""Damages a directory: one file at a time, in the ways that copies, disks and strangers do."""

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VALUES: list[Any] = [None, True, -1, 0, 1, 3, 10**9, 10**20, 1.5, float("nan"), "", "x", [], {}, [None], [[]], {"a": 1}]


def examples(default: int, share: float = 1.0) -> int:
    """How many damaged directories a test tries: ``default``, or a share of ``TFX_BERT_FUZZ_EXAMPLES`` if it is set."""
    asked = os.environ.get("TFX_BERT_FUZZ_EXAMPLES")
    return default if asked is None else max(1, round(share * int(asked)))


def damaged(whole: Path, folder: Path, seed: int, count: int) -> Iterator[tuple[str, Path]]:
    """Makes damaged copies, one after the other in the same place.

    Args:
        whole: The directory to damage.
        folder: Where a copy is made.
        seed: Of the first; the next ones follow.
        count: How many.

    Yields:
        What was done, and the copy.
    """
    for number in range(seed, seed + count):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        chosen = random.Random(number)
        path = chosen.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
        yield f"seed {number}: {_damage(path, chosen)} {path.name}", folder


def _damage(path: Path, chosen: random.Random) -> str:
    content = path.read_bytes()
    kinds = ["missing", "empty", "cut", "noise", "folder", "flip", "doubled", *["value"] * 6 * (path.suffix == ".json")]
    kind = chosen.choice(kinds)
    if kind in ("missing", "folder"):
        path.unlink()
        if kind == "folder":
            path.mkdir()
        return kind
    if kind == "value":
        return _change_value(path, chosen)
    flipped = bytearray(content)
    for _ in range(chosen.choice([1, 3, 30])):
        flipped[chosen.randrange(len(flipped))] ^= 1 << chosen.randrange(8)
    path.write_bytes(
        {
            "empty": b"",
            "cut": content[: chosen.randrange(len(content))],
            "noise": chosen.randbytes(chosen.randrange(1, 5000)),
            "flip": bytes(flipped),
            "doubled": content * 2,
        }[kind]
    )
    return kind


def _change_value(path: Path, chosen: random.Random) -> str:
    """Puts another value at one place of a JSON file, or takes it away."""
    content = json.loads(path.read_text(encoding="utf-8"))
    node, at = content, None
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = chosen.choice(keys)
        at, node = (node, key), node[key]
        if chosen.random() < 0.4:
            break
    if at is None:
        return "value of nothing in"
    value = chosen.choice([*VALUES, None])
    at[0][at[1]] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    return f"{at[1]!r} = {str(value)[:20]} in"
