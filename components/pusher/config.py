"""The configuration of a Pusher."""

from pydantic import Field

from components.base import Config
from components.hub_pusher.config import HuggingFaceConfig


class PusherConfig(Config):
    """Where blessed models go."""

    destination: str | None = Field(
        None,
        description="folder of serving directories, which get a folder a version; null: ROOT/serving. gs:// too, and "
        "s3:// with tensorflow-io",
    )
    huggingface: HuggingFaceConfig | None = Field(
        None, description="where blessed models go in Hugging Face's format too; null: nowhere"
    )
    keep: int | None = Field(None, ge=1, description="newest versions that stay; older ones go; null: all")
