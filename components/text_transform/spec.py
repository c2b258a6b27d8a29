"""``text_graph.json``: everything that the text graph of a tokenizer directory is, apart from large tables."""

import io
import posixpath
from pathlib import Path
from typing import Literal

import numpy as np
import pydantic
import tensorflow as tf
from pydantic import Field

from components import files
from components.base import Config
from components.errors import DataError

SPEC_FILE = "text_graph.json"
TABLES_FILE = "text_graph.npz"


class GraphSpec(Config):
    """The text graph as data; written with the tokenizer, read wherever text is tokenized."""

    kind: Literal["wordpiece", "sentencepiece", "albert", "t5"] = Field(..., description="The subword algorithm.")
    pieces: list[str] = Field(..., description="The vocabulary, in order of ids.")
    pad_id: int = Field(..., description="Id of the padding token.")
    unk_id: int = Field(..., description="Id of the unknown token.")
    before: list[int] = Field(..., description="Ids before every text: that of [CLS], or none.")
    after: list[int] = Field(..., description="Ids after every text: that of [SEP] or </s>.")
    mask_id: int | None = Field(None, description="Id of the mask token, if there is one.")
    max_word_characters: int = Field(100, description="WordPiece: longer words are unknown.")
    remove_space: bool = Field(True, description="ALBERT: runs of white space count as one space.")
    final_sigma: bool = Field(False, description="ALBERT: a capital sigma left by normalizing is lower-cased.")
    lead: str = Field("", description="T5: text put before every text, whose pieces are dropped again.")
    lead_pieces: int = Field(0, description="T5: how many pieces are dropped.")
    cleaning: list[str] = Field([], description="Cleaning steps, in order.")
    stop_words: list[str] = Field([], description="Words that are dropped after cleaning.")
    unknown_marker: str | None = Field(None, description="Text that stands for an unknown word.")


def write_spec(directory: str | Path, spec: GraphSpec, tables: dict[str, np.ndarray]) -> None:
    """Writes the spec and its tables into a tokenizer directory.

    Args:
        directory: An existing directory.
        spec: The text graph.
        tables: The arrays that the class of the kind takes, by name.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **tables)
    _path_write(directory, TABLES_FILE, buffer.getvalue())
    _path_write(directory, SPEC_FILE, spec.model_dump_json(indent=1).encode())


def read_spec(directory: str | Path) -> tuple[GraphSpec, dict[str, np.ndarray]]:
    """Reads what `write_spec` wrote.

    Args:
        directory: A tokenizer directory; a local path or any that TensorFlow's file systems know.

    Returns:
        The spec and the tables.

    Raises:
        DataError: If the directory has no text graph, or that of another version.
    """
    path = posixpath.join(str(directory), SPEC_FILE)
    if not files.is_there(path):
        raise DataError(f"{directory}: no {SPEC_FILE}; it is not a tokenizer directory that tfx-bert wrote")
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        spec = GraphSpec.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise DataError(f"{path} was written by another version of tfx-bert: make the tokenizer again") from error
    with tf.io.gfile.GFile(posixpath.join(str(directory), TABLES_FILE), "rb") as file:
        tables = dict(np.load(io.BytesIO(file.read())))
    return spec, tables


def _path_write(directory: str | Path, name: str, content: bytes) -> None:
    with tf.io.gfile.GFile(posixpath.join(str(directory), name), "wb") as file:
        file.write(content)
