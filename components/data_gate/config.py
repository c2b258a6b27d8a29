"""The configuration of a DataGate."""

from pydantic import Field

from components.base import Config


class TokenLimits(Config):
    """What the tokens of every split must be like, special tokens aside."""

    max_unknown_share: float = Field(0.2, ge=0, le=1, description="largest share of unknown tokens in all tokens")
    max_empty_share: float = Field(0.1, ge=0, le=1, description="largest share of texts without any token")
    max_truncated_share: float = Field(1, ge=0, le=1, description="largest share of texts that are cut; 1: no limit")
    min_vocabulary_use: float = Field(0, ge=0, le=1, description="least share of the vocabulary that must occur")
    min_mean_tokens: float = Field(0, ge=0, description="fewest tokens that a text may have on average, before the cut")
    max_mean_tokens: float | None = Field(None, ge=0, description="most tokens that a text may have on average")


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
    tokens: TokenLimits = Field(default_factory=TokenLimits, description="limits on what the tokenizer makes of it")
