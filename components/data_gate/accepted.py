"""What passed a gate, noted in a folder: where the nodes of a pipeline run elsewhere, no ML Metadata remembers it."""

import json
import time
from collections.abc import Callable

import pydantic

from components import files


class Accepted(pydantic.BaseModel):
    """Data that passed the gate.

    Attributes:
        span: Number of the instalment; 0 where data comes in one.
        examples: Folder of the Examples artifact.
        statistics: That of its ExampleStatistics.
    """

    span: int
    examples: str
    statistics: str


def note(folder: str, accepted: Accepted, clock: Callable[[], int] = time.time_ns) -> None:
    """Notes that data was accepted.

    Args:
        folder: Of the gate, local or remote; made if it is not there.
        accepted: The data.
        clock: Nanoseconds since 1970.
    """
    files.write_text(f"{folder}/{clock():020d}.json", accepted.model_dump_json())


def recall(folder: str) -> list[Accepted]:
    """What was accepted, in the order in which it was; what has been deleted since is left out.

    Args:
        folder: As for `note`.
    """
    found = [Accepted(**json.loads(files.read_text(f"{folder}/{name}") or "")) for name in files.list_files(folder)]
    return [one for one in found if files.list_files(one.examples)]
