"""What became of the texts of ``bulk_inferrer``: names of its nodes, and a line for whoever ran the pipeline."""

import json
from collections.abc import Mapping
from pathlib import Path

from components.example_gen.names import COUNTS_FILE, REJECTED_FILE

SOURCE, INFERRER = "UnlabelledExampleGen", "BulkInferrer"


def inferred_line(examples: Mapping[str, Path]) -> str:
    """Tells how many texts were answered, and where the answers are.

    Args:
        examples: The folders of a run's Examples, by the node that wrote them.

    Returns:
        Empty if the run came to no `INFERRER`, or if its files have been removed since.
    """
    if INFERRER not in examples or not (examples[SOURCE] / COUNTS_FILE).exists():
        return ""
    counts = json.loads((examples[SOURCE] / COUNTS_FILE).read_text(encoding="utf-8")).values()
    rows, rejected = (sum(split[kind] for split in counts) for kind in ("rows", "rejected"))
    if not any(examples[INFERRER].glob("Split-*/*")):
        return f"Not answered: {rows:,} texts of bulk_inferrer, since the classifier was refused"
    refused = f"; no text in {rejected:,} other rows, see {examples[SOURCE] / REJECTED_FILE}" if rejected else ""
    return f"Answered: {rows:,} texts, in {examples[INFERRER]}{refused}"
