"""A run that never was, told whole."""

from typing import Any

import numpy as np

from components.evaluator.comparing import Comparison
from components.evaluator.gates import Check, Verdict
from components.evaluator.measuring import measure, measure_slices
from components.report.story import DataSet, Judged, Mistake, Served, Source, Story
from tests.components.evaluator.answers import single

LABELS = ["グルメ", "京都", "<スポーツ>"]
_RNG = np.random.default_rng(0)
_ACTUAL = _RNG.integers(0, 3, 200)
_PROBABILITIES = _RNG.dirichlet([1, 1, 1], 200) * 0.5 + np.eye(3)[_ACTUAL] * 0.5
_ANSWERS = single(_ACTUAL, _PROBABILITIES.argmax(axis=1), _PROBABILITIES, LABELS)
_ANSWERS = type(_ANSWERS)(
    **{
        **_ANSWERS.__dict__,
        "slices": {
            "label": np.array([LABELS[number] for number in _ACTUAL], object),
            "text length": np.array(["0 to 15 characters", "16 to 63 characters"] * 100, object),
            "column/場所": np.array(["東京", "", "大阪", "奈良"] * 50, object),
        },
    }
)
REFUSED = Check(
    gate="baseline",
    key="evaluator.baseline_margin",
    metric="weighted_f1",
    value=0.8,
    bound=0.9,
    holds=False,
    text="weighted_f1 0.8000 is 0.1000 below the baseline's 0.9000",
)
_TOKENS = {
    "mean_tokens": 12.3, "p50_tokens": 10, "p95_tokens": 30, "max_tokens": 60, "truncated_share": 0.01,
    "unknown_share": 0.002, "lengths": {0: 0, 1: 1, 2: 5, 4: 30, 8: 100, 16: 60, 32: 4},
}  # fmt: skip
_PACKING = {"blocks": 3371, "slots": 431488, "useful_share": 0.9998, "tokens_lost": 0}
_HISTORY = {"loss": [3.0, 2.0, 1.5], "val_loss": [3.1, 2.4, 2.3]}


def story(**changes: Any) -> Story:
    """All parts; ``changes`` replace some."""
    metrics = measure(_ANSWERS, top_k=(2,))
    values = {name: getattr(metrics, name) for name in ("accuracy", "micro_f1", "macro_f1", "weighted_f1")}
    others = {name: 0.5 for name in values}
    parts: dict[str, Any] = {
        "name": "評判",
        "run_id": "2026-11-27T03:06:52.123456",
        "versions": {"tfx-bert": "0.1.0", "tensorflow": "2.16.2"},
        "config": "name: 評判\nevaluator: {thresholds: {accuracy: 0.5}}\n",
        "tf_serving": "2.16.1",
        "stopped": "",
        "data": [
            DataSet(
                title="Labelled texts",
                origins=["csv: reviews.csv"],
                spans=[2, 4, 5],
                counts={
                    "train": {"rows": 1000, "rejected": 3, "left_out": 0},
                    "eval": {"rows": 200, "rejected": 0, "left_out": 0},
                },
                labels={label: {"train": 300, "eval": 70} for label in LABELS},
                tokens={"train": _TOKENS, "eval": _TOKENS},
                findings=[
                    {
                        "split": "train",
                        "feature": "text",
                        "summary": "Rows",
                        "detail": "3 of 1,003 were not usable.",
                        "blocks": False,
                    }
                ],
                passed=True,
            )
        ],
        "pretraining": {
            "architecture": "bert", "precision": "bfloat16", "xla": True, "steps": 14368, "seconds": 4085.7,
            "useful_tokens_per_second": 7926.1, "data_wait_share": 0.0009, "best_epoch": 3, "history": _HISTORY,
            "packing": {"packed": _PACKING, "lines": _PACKING},
        },
        "mlm_metrics": {"loss": 4.05, "perplexity": 57.6, "masked_accuracy": 0.356},
        "mlm_verdict": Verdict(blessed=True, checks=[], notes=["no thresholds are configured"]),
        "training": {
            "history": _HISTORY,
            "warm_start": {"model": "runs/評判/Trainer/model/3", "head": "taken"},
            "unfreeze": {"metric": "weighted_f1", "before": 0.8, "after": 0.9, "kept": True, "history": _HISTORY},
            "ngrams": {"unseen_examples": 100, "weighted_f1": {"network": 0.8, "ngrams": 0.85, "both": 0.9}},
        },
        "judged": Judged(
            metrics=metrics,
            slices=measure_slices(_ANSWERS),
            comparisons={
                name: Comparison(
                    metric="weighted_f1",
                    values=values,
                    others=others,
                    low=0.1,
                    high=0.3,
                    confidence=0.95,
                    uri="/x" * 50,
                )
                for name in ("baseline", "blessed")
            },
            verdict=Verdict(blessed=True, checks=[], notes=["there is no last blessed model to compare with"]),
            remarks=[],
            mistakes=[Mistake("<script>alert('悪い')</script> 京都でラーメンを食べた。", "京都", "グルメ", 0.98)],
        ),
        "served": [
            Served(
                title="Classifier",
                check={
                    "servable": True,
                    "failures": [],
                    "load_seconds": 1.63,
                    "tensorflow": "2.16.2",
                    "latency_ms": {"serving_default": {"1": 7.2, "64": 210.0}},
                },
                pushed=f"/a/folder/that/is/{'far/' * 12}away/評判/1764212812",
                reason="",
            )
        ],
        "sources": [Source("Trainer", "ModelRun", f"/runs/{'artifacts/' * 12}評判/Trainer/model_run/13", 21)],
    }  # fmt: skip
    return Story(**{**parts, **changes})
