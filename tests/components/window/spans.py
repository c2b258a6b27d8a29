"""Examples of spans, as ExampleGen writes them."""

import json
from pathlib import Path

from tfx.types import standard_artifacts

from tests.components import tiny


def write_span(folder: Path, span: int, shards: int = 1, splits: tuple[str, ...] = ("train", "eval")) -> str:
    """Two rows a file."""
    for split in splits:
        for shard in range(shards):
            rows = [{"text": f"第{span}回 {split} {shard} {row}".encode()} for row in range(2)]
            tiny.write_examples(folder / f"Split-{split}/rows-{shard:05d}-of-{shards:05d}.gz", rows)
    counts = {split: {"rows": 2 * shards, "rejected": span, "left_out": 0} for split in splits}
    (folder / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    (folder / "sources.sha256").write_text(" ".join(splits), encoding="utf-8")
    (folder / "rejected.jsonl").write_text(json.dumps({"file": f"{span}.csv"}) + "\n", encoding="utf-8")
    return str(folder)


def make_examples(number: int, uri: Path | str, span: int) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.id, examples.uri, examples.span = number, str(uri), span
    examples.split_names = tiny.split_names("train", "eval")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    return examples
