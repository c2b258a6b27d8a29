"""No data file runs code: pyarrow is imported in one place, and pickled types in Parquet files stay pickled."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from components.example_gen.config import ExampleGenConfig
from components.example_gen.inputs import find_inputs, plan
from components.example_gen.reading import check, read
from components.example_gen.rows import Row
from pipeline.serving.inputs import read_texts

ROOT = Path(__file__).resolve().parent.parent.parent

WRITE = """
import sys
import pyarrow as pa
import pyarrow.parquet as pq

class Trap(pa.PyExtensionType):
    def __init__(self):
        super().__init__(pa.string())

    def __reduce__(self):
        return open, (sys.argv[2], "w")

trapped = pa.ExtensionArray.from_storage(Trap(), pa.array(["京都", "b"]))
columns = {"text": ["a", "b"], "label": ["x", "y"], "more": trapped}
if sys.argv[3] == "text":
    columns["text"] = trapped
pq.write_table(pa.table(columns), sys.argv[1])
"""


def test_one_module_imports_pyarrow() -> None:
    importing = re.compile(r"^\s*(import|from) pyarrow", re.MULTILINE)
    folders = ("components", "pipeline", "kubeflow", "schemas")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert [file for file in files if importing.search(file.read_text(encoding="utf-8"))] == [
        ROOT / "components" / "arrow.py"
    ]


@pytest.fixture(params=["more", "text"])
def trap(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A Parquet file with a pickle in its schema, and the file that whoever unpickles it makes."""
    pa = pytest.importorskip("pyarrow")
    if not hasattr(pa, "PyExtensionType"):
        pytest.skip("this pyarrow has no types that are pickles")
    file, marker = tmp_path / "trap.parquet", tmp_path / "code-was-run"
    subprocess.run([sys.executable, "-c", WRITE, str(file), str(marker), request.param], check=True, timeout=60)
    marker.unlink(missing_ok=True)
    return file, marker


def test_a_pickled_type_never_runs(trap: tuple[Path, Path]) -> None:
    file, marker = trap
    config = ExampleGenConfig.model_validate(
        {"sources": {"format": "parquet", "files": str(file), "label_column": "label"}}
    )
    pieces = plan(config, find_inputs(config)).pieces
    check(config, pieces)
    rows = [row for piece in pieces for row in read(piece, config.sources[0])]
    assert len([row for row in rows if isinstance(row, Row)]) == 2
    assert len(list(read_texts([], str(file)))) == 2
    assert not marker.exists()


@pytest.mark.filterwarnings("ignore:.*PyExtensionType")  # as components.arrow does, outside of pytest
def test_what_hides_the_note_from_us_still_does_not_run(trap: tuple[Path, Path]) -> None:
    """Metadata written in another way than writers do: the key's length in two bytes instead of one."""
    file, marker = trap
    content = file.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - length : -8].replace(b"\x18\x0cARROW:schema", b"\x18\x8c\x00ARROW:schema")
    assert len(footer) == length + 1
    file.write_bytes(content[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    list(_outcome(file))
    assert not marker.exists()


def _outcome(file: Path) -> list[object]:
    from components.errors import DataError

    try:
        return list(read_texts([], str(file)))
    except DataError as error:
        return [error]
