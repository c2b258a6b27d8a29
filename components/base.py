"""What all component configurations share."""

import pydantic


class Config(pydantic.BaseModel):
    """Base of every configuration section: unknown keys are refused, values do not change after reading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
