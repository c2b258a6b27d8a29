"""The file that a gate writes, and what others tell of it. Imports nothing heavy: `tfx-bert runs` reads it too."""

import json
from pathlib import Path

VERDICT_FILE = "verdict.json"


def warnings_in_words(verdict: Path, node: str) -> list[str]:
    """What a gate found and let pass, a sentence each, without what the configuration ignores.

    Args:
        verdict: Its ``verdict.json``; need not be there.
        node: Which gate it was.
    """
    if not verdict.is_file():
        return []
    findings = json.loads(verdict.read_text(encoding="utf-8"))["findings"]
    return [
        f"{node}: {one['summary']} ({one['split']}, {one['feature']}): {one['detail']}{rows_in_words(one)}"
        for one in findings
        if not one["blocks"] and not one.get("ignored")
    ]


def rows_in_words(finding: dict) -> str:
    """Some rows of a finding, as the end of a sentence; nothing if it has none."""
    return f" For example: {'; '.join(finding['rows'])}." if finding.get("rows") else ""
