"""Which spans are joined: from a resolver, and from what the gate has noted."""

import json
import shutil
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components import artifacts
from components.data_gate.accepted import Accepted, note
from components.window.earlier_spans import EarlierSpans
from components.window.executor import Executor
from tests.components.window.spans import make_examples, write_span

KEY = "labelled.gate"


def window(
    tmp_path: Path, current: standard_artifacts.Examples, **given
) -> tuple[list[int], standard_artifacts.Examples]:
    output = standard_artifacts.Examples()
    output.uri = str(tmp_path / "joined")
    inputs = {"current": [current], "earlier": given.pop("earlier", [])}
    Executor().Do(inputs, {"examples": [output]}, {"spans": 3, **given})
    return json.loads((tmp_path / "joined" / "window.json").read_text(encoding="utf-8"))["spans"], output


def test_with_a_resolver(tmp_path: Path) -> None:
    spans = {span: make_examples(span, write_span(tmp_path / str(span), span), span) for span in (3, 5, 9)}

    joined, output = window(tmp_path, spans[9], earlier=[spans[5], spans[3]])

    assert joined == [3, 5, 9] and output.span == 9
    assert output.split_names == spans[9].split_names
    assert output.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"


def test_with_what_the_gate_has_noted(tmp_path: Path) -> None:
    folder = str(tmp_path / "accepted")
    for number, span in enumerate([1, 2, 6, 5, 4, 4, 5, 9]):  # 4 and 5 were read again, 9 is yet to come
        examples = write_span(tmp_path / f"{span}-{number}", span, shards=1 + number)
        note(folder, Accepted(span=span, examples=examples, statistics=examples), lambda: number)  # noqa: B023 called at once
    current = make_examples(1, write_span(tmp_path / "now", 7), 7)
    shutil.rmtree(tmp_path / "5-6")  # what was read of it before is not taken instead

    joined, output = window(tmp_path, current, accepted_directory=folder)

    assert joined == [4, 6, 7]
    counts = json.loads(Path(output.uri, "counts.json").read_text(encoding="utf-8"))
    assert counts["train"]["rows"] == 2 * (6 + 3 + 1)


def verdict(number: int, examples: int, key: str = KEY) -> artifacts.DataVerdict:
    made = artifacts.DataVerdict()
    made.id = number
    made.set_string_custom_property("key", key)
    made.set_int_custom_property("examples_id", examples)
    return made


@pytest.mark.parametrize("current, found", [(9, [3, 5]), (5, [2, 3]), (3, [2]), (2, [])])
def test_the_resolver_takes_what_was_accepted_before(tmp_path: Path, current: int, found: list[int]) -> None:
    spans = {span: make_examples(span, write_span(tmp_path / str(span), span), span) for span in (2, 3, 4, 5, 9)}
    corpus = make_examples(70, write_span(tmp_path / "corpus", 4), 4)  # of another gate
    verdicts = [verdict(20 + span, span) for span in (5, 3, 2)] + [verdict(40, 70, "corpus.gate")]
    given = {"examples": [*spans.values(), corpus], "verdict": verdicts, "current": [spans[current]]}

    resolved = EarlierSpans(key=KEY, count=2).resolve_artifacts(None, given)

    assert [one.span for one in resolved["examples"]] == found
    assert [one.get_int_custom_property("examples_id") for one in resolved["verdict"]] == found


def test_the_newest_of_a_span_and_none_that_is_gone(tmp_path: Path) -> None:
    old, new = (make_examples(number, write_span(tmp_path / str(number), 1), 1) for number in (1, 2))
    gone, now = make_examples(3, tmp_path / "gone", 2), make_examples(4, tmp_path / "now", 3)
    given = {
        "examples": [new, old, gone, now],
        "verdict": [verdict(12, 2), verdict(11, 1), verdict(13, 3)],
        "current": [now],
    }

    resolved = EarlierSpans(key=KEY, count=5).resolve_artifacts(None, given)

    assert [one.id for one in resolved["examples"]] == [2]
