"""Configuration keys that everything has which trains an encoder."""

from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field


def _number_or_auto(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if value != "auto" and not whole:
        raise ValueError(f"{value!r} is neither auto nor a whole number above 0")
    return value


AccumulationSteps = Annotated[
    int | Literal["auto"],
    pydantic.BeforeValidator(_number_or_auto),
    Field(
        description="Parts of a step's batch that are computed one after another, their gradients added up: less "
        "memory for the same step. Divides batch_size. auto: as few as fit into the memory there is."
    ),
]


def check_accumulation(batch_size: int, accumulation_steps: int | Literal["auto"]) -> None:
    """Checks that a batch can be divided into parts.

    Args:
        batch_size: Rows of a batch.
        accumulation_steps: Number of parts.

    Raises:
        ValueError: If rows would be left over.
    """
    if accumulation_steps != "auto" and batch_size % accumulation_steps:
        raise ValueError(f"batch_size {batch_size} is not a multiple of accumulation_steps {accumulation_steps}")
