"""A pipeline that only looks at data, with ML Metadata where the environment says: ``python -m … NAME FOLDER``."""

import datetime
import os
import sys
from pathlib import Path

from tfx.orchestration.pipeline import Pipeline

from pipeline import loading, runs
from pipeline.dag_data import Dag, checked_data
from pipeline.local_runner import LocalRunner
from pipeline.metadata import connection
from pipeline.observer import NodeResult, Observer


class Silent:
    """An observer."""

    def node_started(self, node: str) -> None: ...

    def node_finished(self, result: NodeResult) -> None: ...

    def node_ended(self, how: str) -> None: ...


def run_data_pipeline(name: str, folder: Path, observer: Observer, **timeout_minutes: float) -> LocalRunner:
    """Reads 60 rows, and checks them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"本文 {number},{'京都' if number % 2 else '携帯'}\n" for number in range(60))
    if not (folder / "rows.csv").exists():
        (folder / "rows.csv").write_text("text,label\n" + rows, encoding="utf-8")
    config = folder / "rows.yaml"
    config.write_text(
        f"name: {name}\nlabelled: {{sources: [{{format: csv, files: rows.csv, label_column: label}}]}}\n"
        f"tokenizer: {{kind: import}}\nbackbone: {{source: some/encoder}}\n",
        encoding="utf-8",
    )
    labelled = loading.load(str(config)).labelled
    assert labelled is not None
    dag = Dag()
    checked_data(dag, "", labelled, after=None)
    runner = LocalRunner(observer, datetime.datetime.now().isoformat(), timeout_minutes)
    runner.run(
        Pipeline(
            pipeline_name=name,
            pipeline_root=str(folder / runs.ARTIFACTS / name),
            metadata_connection_config=connection(folder),
            enable_cache=True,
            components=dag.nodes,
        )
    )
    return runner


if __name__ == "__main__":
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    run_data_pipeline(sys.argv[1], Path(sys.argv[2]), Silent())
