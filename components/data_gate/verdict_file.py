"""The file that a gate's decision is written to."""

import json

from tfx.dsl.io import fileio

from components.data_gate.gate import Verdict

VERDICT_FILE = "verdict.json"


def write_verdict(uri: str, verdict: Verdict) -> None:
    """Writes ``verdict.json``.

    Args:
        uri: Folder of the DataVerdict artifact.
        verdict: The decision.
    """
    with fileio.open(f"{uri}/{VERDICT_FILE}", "w") as file:
        file.write(json.dumps(verdict.to_dict(), ensure_ascii=False, indent=2))
