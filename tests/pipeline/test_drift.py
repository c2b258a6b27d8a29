"""Data that comes in spans: what differs too much from the span that was accepted last does not pass the gate."""

from pathlib import Path

import pytest
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline

from components.errors import DataError
from pipeline import loading
from pipeline.config import SCHEMA_FILE, SCHEMAS
from pipeline.dag_data import Dag, checked_data
from pipeline.metadata import connection

pytestmark = pytest.mark.slow

COMPARATORS = {
    "drift": "drift_comparator { infinity_norm { threshold: 0.2 } }",
    "skew": "skew_comparator { jensen_shannon_divergence { threshold: 0.2 } }",
}


def write_schema(folder: Path, comparator: str) -> None:
    """The shipped schema of labelled texts, with a comparator at the label."""
    text = (SCHEMAS / "labelled" / SCHEMA_FILE).read_text(encoding="utf-8")
    folder.mkdir()
    changed = text.replace('name: "label"\n', f'name: "label"\n  {COMPARATORS[comparator]}\n', 1)
    assert changed != text
    (folder / SCHEMA_FILE).write_text(changed, encoding="utf-8")


def write_span(root: Path, span: int, shares: tuple[int, int], eval_shares: tuple[int, int] | None = None) -> None:
    folder = root / "評判" / f"{span:03d}"
    folder.mkdir(parents=True)
    for split, (food, sights) in (("train", shares), ("eval", eval_shares or shares)):
        rows = ["グルメ"] * food + ["観光"] * sights
        lines = [f"{split} {span} の {number} 番,{label}" for number, label in enumerate(rows)]
        (folder / f"{split}.csv").write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")


def run(root: Path, span: int | None = None) -> None:
    """From files to the gate."""
    (root / "spans.yaml").write_text(
        "name: spans\n"
        "labelled:\n"
        "  schema: schema\n"
        "  sources:\n"
        "    - {format: csv, label_column: label,\n"
        '       files: {train: "評判/{SPAN}/train.csv", eval: "評判/{SPAN}/eval.csv"}}\n'
        "tokenizer: {kind: import}\n"
        "backbone: {source: owner/encoder}\n",
        encoding="utf-8",
    )
    labelled = loading.load(str(root / "spans.yaml"), span=span).labelled
    assert labelled is not None
    dag = Dag()
    checked_data(dag, "", labelled, after=None)
    (root / "runs").mkdir(exist_ok=True)
    LocalDagRunner().run(
        Pipeline(
            pipeline_name="spans",
            pipeline_root=str(root / "artifacts"),
            metadata_connection_config=connection(root / "runs"),
            enable_cache=True,
            components=dag.nodes,
        )
    )


def test_a_shifted_span_is_refused_also_the_second_time_and_the_next_sound_one_is_accepted(tmp_path: Path) -> None:
    write_schema(tmp_path / "schema", "drift")
    write_span(tmp_path, 1, (20, 20))
    run(tmp_path)
    write_span(tmp_path, 2, (22, 18))
    run(tmp_path)
    write_span(tmp_path, 3, (2, 38))
    for _ in range(2):
        with pytest.raises(DataError) as refused:
            run(tmp_path)
        message = str(refused.value)
        assert "split 'train', feature 'label': High Linfty distance between current and previous" in message
        assert "remedy: look at what changed in the data" in message
    write_span(tmp_path, 4, (19, 21))
    run(tmp_path)
    run(tmp_path, span=2)


def test_splits_that_differ_are_refused(tmp_path: Path) -> None:
    write_schema(tmp_path / "schema", "skew")
    write_span(tmp_path, 1, (20, 20), (21, 19))
    run(tmp_path)
    write_span(tmp_path, 2, (38, 2), (2, 38))
    with pytest.raises(DataError, match="Jensen-Shannon divergence between training and serving"):
        run(tmp_path)
