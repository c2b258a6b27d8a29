"""The `evaluator` section of the configuration, in its two forms."""

from typing import Annotated, Literal

from pydantic import Field

from components.base import Config

BoundedMetric = Literal["accuracy", "micro_f1", "macro_f1", "weighted_f1"]
LimitedMetric = Literal["loss", "ece"]
_MARGIN_MEANS = (
    "Above 0: it must be better by so much, and by more than chance (the interval lies above 0). 0 or less: it may be "
    "worse by so much, and is refused only if it is worse than that by more than chance (the interval lies below it). "
)


class EvaluatorConfig(Config):
    """When a classifier is good enough to be pushed."""

    thresholds: dict[BoundedMetric, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="Lowest value of each metric on the eval split that is blessed; none: any."
    )
    limits: dict[LimitedMetric, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Highest loss, or expected calibration error (ece), on the eval split that is blessed; none: any.",
    )
    blessed_margin: float | None = Field(
        0.0,
        ge=-1,
        le=1,
        description="How much better a model must be than the last blessed one, on the same rows. "
        + _MARGIN_MEANS
        + "null: the two are not compared.",
    )
    baseline_margin: float | None = Field(
        None,
        ge=-1,
        le=1,
        description="The same against the TF-IDF baseline that is trained beside it; null: shown, not judged.",
    )
    compared_metric: BoundedMetric = Field("weighted_f1", description="What the margins are of.")
    confidence: float = Field(
        0.95, gt=0, lt=1, description="Of the interval of a difference, found by drawing the rows again and again."
    )
    resamples: int = Field(2000, ge=100, description="How often they are drawn.")
    top_k: tuple[Annotated[int, Field(ge=2)], ...] = Field(
        (3, 5), description="For which k the share of texts is shown whose label is among the k most probable."
    )
    slice_columns: tuple[str, ...] = Field(
        (),
        description="Of keep_columns, those to slice by too; label, text length and unknown tokens always are.",
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
