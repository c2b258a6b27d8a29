"""The configuration of a HubPusher."""

import pydantic
from pydantic import Field

from components.base import Config
from components.files import is_remote


class HuggingFaceConfig(Config):
    """Where blessed models go in Hugging Face's format: encoder, tokenizer, SavedModel, model card."""

    directory: str | None = Field(None, description="a directory, replaced as a whole by every new model")
    repo: str | None = Field(
        None,
        pattern=r"^[\w.-]+/[\w.-]+$",
        description="a repository on the Hub, owner/name; the token comes from HF_TOKEN or `huggingface-cli login`",
    )
    private: bool = Field(True, description="whether the repository is private, if it has to be made")

    @pydantic.model_validator(mode="after")
    def _goes_somewhere(self) -> "HuggingFaceConfig":
        if self.directory is None and self.repo is None:
            raise ValueError("neither `directory` nor `repo` is given: there is nowhere to push to")
        if self.directory and is_remote(self.directory):
            raise ValueError(f"directory is {self.directory!r}, but must be one of this machine")
        return self
