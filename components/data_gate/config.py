"""The configuration of a DataGate."""

from pydantic import Field

from components.base import Config


class DataGateConfig(Config):
    """What stops a run before anything is trained."""

    max_rejected_share: float = Field(
        0.01, ge=0, le=1, description="largest share of unusable rows in a split, of all rows that were read"
    )
    min_rows: int = Field(1, ge=0, description="fewest usable rows that every split must have")
    ignore_anomalies: list[str] = Field(
        default_factory=list,
        description="features, or kinds of anomalies (SCHEMA_NEW_COLUMN, ...), that do not stop the run",
    )
