"""The report's text holds the figures, the classes and where the model went."""

from components.report.text import render


def test_figures_classes_and_pushes() -> None:
    evaluation = {
        "accuracy": 0.75,
        "labels": ["京都", "グルメ"],
        "per_class": {
            "京都": {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2},
            "グルメ": {"precision": 2 / 3, "recall": 1.0, "f1": 0.8, "support": 2},
        },
    }
    lines = render("demo", {"Pretrainer": {"perplexity": 12.5}, "Evaluator": evaluation}, ["/x/1"]).splitlines()
    assert lines[:2] == ["demo", "===="]
    assert "  perplexity                   12.5" in lines
    assert "  accuracy                     0.75" in lines
    row = next(line for line in lines if line.endswith("  京都"))
    assert row.split() == ["1", "0.5", "0.6667", "2", "京都"]
    assert lines[-2:] == ["Pushed", "  /x/1"]


def test_nothing_pushed_is_said() -> None:
    assert render("demo", {}, []).endswith("Nothing pushed\n")
