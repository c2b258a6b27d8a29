"""Which mistakes are shown, and how."""

from pathlib import Path

import numpy as np

from components import predictions
from components.report.mistakes import find_mistakes


def write(folder: Path, rows, multi_label: bool = False) -> str:  # type: ignore[no-untyped-def]
    predictions.write_labels(str(folder), ["京都", "food"], multi_label)
    examples = [
        predictions.to_example(
            {"id": b"%d" % number, "text": text.encode()}, actual, chosen, np.array(said, np.float32)
        )
        for number, (text, actual, chosen, said) in enumerate(rows)
    ]
    predictions.write_rows(str(folder), examples)
    return str(folder)


def test_the_surest_come_first_and_what_is_right_does_not_come(tmp_path: Path) -> None:
    rows = [
        ("正しい", [0], [0], [0.99, 0.01]),
        ("少し", [0], [1], [0.4, 0.6]),
        ("とても\n長い" + "い" * 500, [1], [0], [0.9, 0.1]),
    ]
    worst, slight = find_mistakes(write(tmp_path, rows))
    assert (worst.actual, worst.chosen, round(worst.score, 2)) == ("food", "京都", 0.9)
    assert worst.text.startswith("とても 長い")
    assert len(worst.text) == 400
    assert slight.text == "少し"
    assert len(find_mistakes(str(tmp_path), count=1)) == 1


def test_several_labels_by_their_worst_decision(tmp_path: Path) -> None:
    rows = [
        ("none said", [0, 1], [], [0.05, 0.4]),
        ("one too many", [], [1], [0.1, 0.7]),
        ("right", [0], [0], [0.9, 0.1]),
    ]
    first, second = find_mistakes(write(tmp_path, rows, multi_label=True))
    assert (first.actual, first.chosen, round(first.score, 2)) == ("京都, food", "(none)", 0.95)
    assert (second.actual, second.chosen, round(second.score, 2)) == ("(none)", "food", 0.7)
