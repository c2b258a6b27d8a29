"""What a run looks like where no terminal is: one line a node, more for long ones, then a table."""

import io

from pipeline import display as module
from pipeline.display import Display
from pipeline.observer import NodeResult


def test_a_line_a_node_and_a_table() -> None:
    out = io.StringIO()
    display = Display(out)
    display.node_started("Tokenizer")
    display.advanced(3, 10, "3 of 10")
    display.node_finished(NodeResult("Tokenizer", 1.24, False, 1))
    display.node_started("CorpusTransform")
    display.node_finished(NodeResult("CorpusTransform", 0.04, True, 2))
    display.node_started("Pretrainer")
    display.node_ended("failed")
    display.summary("demo", [{"node": "Evaluator", "figures": "京都 0.91"}])
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["✓", "Tokenizer", "1.2", "s", "3", "of", "10"]
    assert lines[1].split() == ["✓", "CorpusTransform", "0.0", "s", "cached"]
    assert lines[2].split() == ["✗", "Pretrainer", "0.0", "s", "failed"]
    assert any("Evaluator" in line and "京都 0.91" in line for line in lines)


def test_a_line_after_ten_seconds_and_one_a_minute_of_a_node_that_takes_long(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    out = io.StringIO()
    display = Display(out)
    display.node_started("Pretrainer")
    for second in range(0, 150, 10):
        now[0] = float(second)
        display.advanced(second, 200, f"loss {second}")
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["…", "Pretrainer", "10.0", "s", "5%", "loss", "10"],
        ["…", "Pretrainer", "70.0", "s", "35%", "loss", "70"],
        ["…", "Pretrainer", "130.0", "s", "65%", "loss", "130"],
    ]
