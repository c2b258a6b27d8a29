"""Running the Transform node on texts, for tests and benchmarks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.types import channel_utils, standard_artifacts

from components import artifacts
from components.examples import read_records, split_files
from components.text_transform.component import TextTransform
from components.text_transform.executor import Executor
from tests.components import tiny

_SCHEMA = "\n".join(
    f'feature {{ name: "{name}" type: BYTES value_count {{ min: 1 max: 1 }} presence {{ min_fraction: 1 }} }}'
    for name in ("text", "id", "label")
)


def write_inputs(root: Path, texts: Sequence[bytes], tokenizer: Path) -> dict[str, list[Any]]:
    """Writes labelled Examples of texts, whose ids are their places, and a schema; gives Transform's inputs."""
    rows = [{"text": text, "id": b"%d" % n, "label": b"%d" % (n % 4)} for n, text in enumerate(texts)]
    tiny.write_examples(root / "examples" / "Split-train" / "data-00000-of-00001.gz", rows)
    (root / "schema").mkdir()
    (root / "schema" / "schema.pbtxt").write_text(_SCHEMA)
    examples, schema, made = standard_artifacts.Examples(), standard_artifacts.Schema(), artifacts.Tokenizer()
    examples.split_names = tiny.split_names("train")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.uri, schema.uri, made.uri = str(root / "examples"), str(root / "schema"), str(tokenizer)
    return {"examples": [examples], "schema": [schema], "tokenizer": [made]}


def run_transform(root: Path, inputs: dict[str, list[Any]], max_length: int) -> Path:
    """Runs the node on Beam; gives the folder of the transformed train split."""
    channels = {name: channel_utils.as_channel(made) for name, made in inputs.items()}
    node = TextTransform(**channels, labelled=True, max_length=max_length)
    graph, transformed = standard_artifacts.TransformGraph(), standard_artifacts.Examples()
    graph.uri, transformed.uri = str(root / "graph"), str(root / "transformed")
    outputs = {"transform_graph": [graph], "transformed_examples": [transformed]}
    Executor(Executor.Context(tmp_dir=str(root / "tmp"), unique_id="1")).Do(inputs, outputs, node.exec_properties)
    return root / "transformed" / "Split-train"


def read_ids(split: Path) -> list[list[int]]:
    """The token ids of a transformed split, in the order of the texts."""
    features = {"input_ids": tf.io.RaggedFeature(tf.int64), "id": tf.io.FixedLenFeature([], tf.string)}
    found: dict[int, list[int]] = {}
    for batch in read_records(split_files(split)).batch(4096):
        parsed = tf.io.parse_example(batch, features)
        found |= zip(map(int, parsed["id"].numpy()), parsed["input_ids"].to_list(), strict=True)
    return [found[place] for place in range(len(found))]
