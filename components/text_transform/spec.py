"""``text_graph.json``: everything that the text graph of a tokenizer directory is, apart from large tables."""

import posixpath
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pydantic
import tensorflow as tf
from pydantic import Field

from components import files
from components.base import Config
from components.errors import DataError, first_line
from components.text_transform import tables as table_files
from components.text_transform.config import CLEANING_STEPS

SPEC_FILE = "text_graph.json"
TABLES_FILE = "text_graph.npz"
MOST_BYTES = 64 << 20
"""Of either file; those of the largest multilingual models have 10 MB."""

Id = Annotated[int, Field(ge=0, lt=2**31)]


_MOST_AROUND = 8  # ids before or after a text


class GraphSpec(Config):
    """The text graph as data; written with the tokenizer, read wherever text is tokenized."""

    kind: Literal["wordpiece", "sentencepiece", "albert", "t5"] = Field(..., description="The subword algorithm.")
    pieces: list[str] = Field(..., min_length=1, description="The vocabulary, in order of ids.")
    pad_id: Id = Field(..., description="Id of the padding token.")
    unk_id: Id = Field(..., description="Id of the unknown token.")
    before: list[Id] = Field(..., max_length=_MOST_AROUND, description="Ids before every text: that of [CLS], or none.")
    after: list[Id] = Field(..., max_length=_MOST_AROUND, description="Ids after every text: that of [SEP] or </s>.")
    mask_id: Id | None = Field(None, description="Id of the mask token, if there is one.")
    max_word_characters: int = Field(100, ge=0, description="WordPiece: longer words are unknown.")
    remove_space: bool = Field(True, description="ALBERT: runs of white space count as one space.")
    final_sigma: bool = Field(False, description="ALBERT: a capital sigma left by normalizing is lower-cased.")
    lead: str = Field("", description="T5: text put before every text, whose pieces are dropped again.")
    lead_pieces: int = Field(0, ge=0, le=1000, description="T5: how many pieces are dropped.")
    cleaning: list[str] = Field([], description="Cleaning steps, in order.")
    stop_words: list[str] = Field([], description="Words that are dropped after cleaning.")
    unknown_marker: str | None = Field(None, description="Text that stands for an unknown word.")

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> "GraphSpec":
        ids = {"pad_id": [self.pad_id], "unk_id": [self.unk_id], "before": self.before, "after": self.after}
        ids["mask_id"] = [] if self.mask_id is None else [self.mask_id]
        for name, values in ids.items():
            if any(value >= len(self.pieces) for value in values):
                raise ValueError(f"{name} is {values[0]}, but there are {len(self.pieces)} pieces")
        for step in self.cleaning:
            if step not in CLEANING_STEPS:
                raise ValueError(f"there is no cleaning step {step!r}")
        return self


def write_spec(directory: str | Path, spec: GraphSpec, tables: dict[str, np.ndarray]) -> None:
    """Writes the spec and its tables into a tokenizer directory.

    Args:
        directory: An existing directory.
        spec: The text graph.
        tables: The arrays that the class of the kind takes, by name.
    """
    _path_write(directory, TABLES_FILE, table_files.pack(tables, len(spec.pieces)))
    _path_write(directory, SPEC_FILE, spec.model_dump_json(indent=1).encode())


def read_spec(directory: str | Path) -> tuple[GraphSpec, dict[str, np.ndarray]]:
    """Reads what `write_spec` wrote.

    Args:
        directory: A tokenizer directory; a local path or any that TensorFlow's file systems know.

    Returns:
        The spec and the tables.

    Raises:
        DataError: If the directory has no text graph, a damaged one, or that of another version; the message names the
            file.
    """
    path = posixpath.join(str(directory), SPEC_FILE)
    if not files.is_there(path):
        raise DataError(f"{directory}: no {SPEC_FILE}; it is not a tokenizer directory that tfx-bert wrote")
    try:
        spec = GraphSpec.model_validate_json(_path_read(path))
    except pydantic.ValidationError as error:
        one = error.errors()[0]
        at = ".".join(map(str, one["loc"]))
        reason = f"{at}: {one['msg']}" if at else one["msg"]
        raise DataError(
            f"{path} is damaged, or from another version of tfx-bert ({_short(reason)}): make the tokenizer again"
        ) from error
    path = posixpath.join(str(directory), TABLES_FILE)
    try:
        tables = table_files.unpack(_path_read(path))
        table_files.check(spec.kind, tables, len(spec.pieces))
    except ValueError as error:
        raise DataError(
            f"{path} is damaged, or does not belong to the {SPEC_FILE} beside it ({_short(str(error))}): make the "
            "tokenizer again"
        ) from error
    tables.pop(table_files.PIECES, None)
    return spec, tables


def _short(reason: str) -> str:
    return " ".join(reason.split())[:200]


def _path_read(path: str) -> bytes:
    try:
        if files.is_folder(path):
            raise DataError(f"{path} is a folder where a file is needed: make the tokenizer again")
        with tf.io.gfile.GFile(path, "rb") as file:
            if file.size() > MOST_BYTES:
                raise DataError(f"{path} has {file.size():,} bytes, which no text graph has: make the tokenizer again")
            content: bytes = file.read()
    except tf.errors.NotFoundError as error:
        raise DataError(f"{path} is not there: make the tokenizer again, or copy it whole") from error
    except tf.errors.OpError as error:
        raise DataError(f"{path} cannot be read ({first_line(error)}): copy it again") from error
    return content


def _path_write(directory: str | Path, name: str, content: bytes) -> None:
    with tf.io.gfile.GFile(posixpath.join(str(directory), name), "wb") as file:
        file.write(content)
