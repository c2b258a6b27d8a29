"""What all component configurations share."""

import pydantic


class Config(pydantic.BaseModel):
    """Base of every configuration section: unknown keys are refused, numbers are finite, values do not change."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
