"""The configuration of a Pusher."""

import pydantic
from pydantic import Field

from components.base import Config


class PusherConfig(Config):
    """Where blessed models go."""

    destination: str | None = Field(
        None, description="serving directory that gets a folder per version; null: ROOT/serving/NAME"
    )
    keep: int | None = Field(None, ge=1, description="newest versions that stay; older ones go; null: all")

    @pydantic.field_validator("destination")
    @classmethod
    def _is_a_directory(cls, value: str | None) -> str | None:
        if value is not None and "://" in value:
            raise ValueError(f"{value!r} is no directory of this machine; push to one that is mounted")
        return value
