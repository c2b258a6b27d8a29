"""The file that TokenStatistics writes and TokenGate reads."""

import json
from collections.abc import Mapping
from typing import Any

from tfx.dsl.io import fileio

STATISTICS_FILE = "token_statistics.json"


def write_statistics(uri: str, statistics: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes the figures of all splits.

    Args:
        uri: The artifact's folder; made if it is not there.
        statistics: What `components.token_statistics.counts.summarize` gives, by split.
    """
    fileio.makedirs(uri)
    with fileio.open(f"{uri}/{STATISTICS_FILE}", "wb") as file:
        content = json.dumps(dict(sorted(statistics.items())), ensure_ascii=False, indent=2)
        file.write(content.encode())


def read_statistics(uri: str) -> dict[str, dict[str, Any]]:
    """Reads the figures of all splits.

    Args:
        uri: The artifact's folder.
    """
    with fileio.open(f"{uri}/{STATISTICS_FILE}", "rb") as file:
        return json.loads(file.read())
