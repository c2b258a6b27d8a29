"""What a run looks like where no terminal is: one line a node, then a table."""

import io

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
    display.node_failed()
    display.summary("demo", [{"node": "Evaluator", "figures": "京都 0.91"}])
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["✓", "Tokenizer", "1.2", "s", "3", "of", "10"]
    assert lines[1].split() == ["✓", "CorpusTransform", "0.0", "s", "cached"]
    assert lines[2].split()[:2] == ["✗", "Pretrainer"]
    assert any("Evaluator" in line and "京都 0.91" in line for line in lines)
