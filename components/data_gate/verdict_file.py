"""What a gate's decision is written to: a file, and properties of its artifact."""

import json

from tfx.dsl.io import fileio

from components.data_gate.gate import Verdict
from components.data_gate.names import VERDICT_FILE

KEY, EXAMPLES_ID, STATISTICS_ID = "key", "examples_id", "statistics_id"  # custom properties: what was judged, by whom


def write_verdict(uri: str, verdict: Verdict) -> None:
    """Writes ``verdict.json``.

    Args:
        uri: Folder of the DataVerdict artifact.
        verdict: The decision.
    """
    with fileio.open(f"{uri}/{VERDICT_FILE}", "w") as file:
        file.write(json.dumps(verdict.to_dict(), ensure_ascii=False, indent=2))
