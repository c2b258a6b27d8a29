"""What passed a gate, noted in a folder: where the nodes of a pipeline run elsewhere, no ML Metadata remembers it."""

import time
from collections.abc import Callable

import pydantic

from components import files
from components.errors import DataError


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
    """What was accepted, in the order in which it was; some may have been deleted since.

    Args:
        folder: As for `note`.

    Raises:
        DataError: If a note cannot be read.
    """
    return [_read(f"{folder}/{name}") for name in files.list_files(folder) if name.endswith(".json")]


def _read(path: str) -> Accepted:
    try:
        return Accepted.model_validate_json(files.read_text(path) or "")
    except pydantic.ValidationError:
        raise DataError(f"{path} is no note of a gate: delete it, and read its span again") from None
