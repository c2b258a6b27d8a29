"""The configuration section of the Backbone."""

from pydantic import Field

from components.base import Config


class BackboneConfig(Config):
    """Where a pretrained encoder comes from."""

    source: str = Field(
        min_length=1,
        description="A directory in Hugging Face's format, or the name of a model on the Hub, "
        "for example sentence-transformers/all-MiniLM-L6-v2.",
    )
    revision: str | None = Field(None, description="Branch, tag or commit on the Hub; not for a directory.")
