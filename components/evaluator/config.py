"""The `evaluator` section of the configuration, in its two forms."""

from typing import Annotated, Literal

from pydantic import Field

from components.base import Config

BoundedMetric = Literal["accuracy", "micro_f1", "macro_f1", "weighted_f1"]


class EvaluatorConfig(Config):
    """When a classifier is good enough to be pushed."""

    thresholds: dict[BoundedMetric, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="Lowest value of each metric on the eval split that is blessed; none: all are blessed.",
    )
    baseline_margin: float | None = Field(
        None,
        ge=-1,
        le=1,
        description="By how much weighted F1 must exceed the TF-IDF baseline's; null: shown, not judged.",
    )
    split: str = Field("eval", description="The split of the raw Examples to judge on.")
    batch_size: int = Field(64, ge=1, description="Texts in a request to the model.")


class MlmEvaluatorConfig(Config):
    """When a pretrained masked language model is good enough to be pushed."""

    max_perplexity: float | None = Field(
        None, ge=1, description="Highest held-out perplexity that is still blessed; null for no bound."
    )
    min_masked_accuracy: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Lowest held-out accuracy on masked tokens that is still blessed; null: no bound.",
    )
