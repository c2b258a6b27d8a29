"""The Schema node writes what TFX's components read."""

from pathlib import Path

import pytest
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

import components
from components.artifacts import DataVerdict
from components.schema.component import Schema
from components.schema.executor import Executor
from pipeline.config import SCHEMA_FILE, SCHEMAS


def test_the_schema_is_found_where_tfx_looks_for_it(tmp_path: Path) -> None:
    text = (SCHEMAS / "knbc" / SCHEMA_FILE).read_text(encoding="utf-8") + "\n# 京都\n"
    node = Schema(text)
    output = standard_artifacts.Schema()
    output.uri = str(tmp_path / "schema")
    Executor().Do({}, {"schema": [output]}, dict(node.exec_properties))
    file = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri([output]))
    assert Path(file).read_text(encoding="utf-8") == text
    assert {feature.name for feature in io_utils.SchemaReader().read(file).feature} >= {"text", "label"}


def test_artifact_types_are_found_by_the_names_that_they_have_in_the_metadata() -> None:
    package, _, name = DataVerdict.TYPE_NAME.rpartition(".")
    assert package == components.__name__
    assert getattr(components, name) is DataVerdict
    with pytest.raises(AttributeError):
        components.nothing  # noqa: B018
