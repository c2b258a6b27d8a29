"""Which spans a run trains and judges on."""

from pydantic import Field

from components.base import Config


class ResolverConfig(Config):
    """What of the data of before is taken besides that of this run."""

    rolling_window: int = Field(
        1, ge=1, description="Spans: the one that is read, and those before it that passed the gate."
    )
