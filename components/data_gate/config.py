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
    max_empty_labels: int | None = Field(
        None, ge=0, description="most labels of which no text has a token left after cleaning; null: warn"
    )


class LabelLimits(Config):
    """What stops a run because of its labels; each null only warns."""

    max_similar: int | None = Field(
        None,
        ge=0,
        description="most labels that differ from another one only in case, width (NFKC) or white space; null: warn",
    )
    min_rows: int | None = Field(
        None,
        ge=1,
        description="fewest rows that every label must have in every split; null: warn of labels with none, or with "
        "fewer in train than trainer.folds and trainer.validation_share need",
    )
    max_unseen_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="largest share of a split's rows with a label that train does not have; null: warn",
    )
    max_uninformative: int | None = Field(
        None,
        ge=0,
        description="most labels whose texts are all equal, all numbers, or all without a letter or digit; null: warn",
    )
    max_conflicting_share: float | None = Field(
        None, ge=0, le=1, description="largest share of rows whose text another row has with another label; null: warn"
    )
    min_labels: int | None = Field(None, ge=1, description="fewest labels in train; null: warn if there are not two")
    max_labels: int | None = Field(
        None, ge=1, description="most labels; null: warn if there are more than half as many as rows"
    )
    max_length: int | None = Field(
        None, ge=1, description="most characters of a label; null: warn of more than 100, or of several lines"
    )


class DataGateConfig(Config):
    """What stops a run before anything is trained."""

    max_rejected_share: float = Field(
        0.01, ge=0, le=1, description="largest share of unusable rows in a split, of all rows that were read"
    )
    min_rows: int = Field(1, ge=0, description="fewest usable rows that every split must have")
    ignore_anomalies: list[str] = Field(
        default_factory=list,
        description="features, or kinds of findings (SCHEMA_NEW_COLUMN, RARE_LABELS, ...), that do not stop the run "
        "and are not told at its end",
    )
    tokens: TokenLimits = Field(default_factory=TokenLimits, description="limits on what the tokenizer makes of it")


class LabelledGateConfig(DataGateConfig):
    """What stops a run on labelled text before anything is trained."""

    labels: LabelLimits = Field(default_factory=LabelLimits, description="limits on labels, and on texts by label")
