"""Where texts come from and how they are divided into splits."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from components.base import Config
from components.example_gen.encodings import AUTO, normalize

Format = Literal["wikitext", "text", "newsgroups", "knbc", "knbc_tsv", "csv", "tsv", "jsonl", "parquet", "xlsx"]

COLUMN_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx")
TEXT_FORMATS = ("wikitext", "text", "knbc", "knbc_tsv", "csv", "tsv", "jsonl")
LABELLED_FORMATS = ("newsgroups", "knbc", "knbc_tsv")
ARTICLE_FORMATS = ("wikitext", "text", "knbc_tsv")
DATED_FORMATS = ("newsgroups",)
SPLIT_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class SplitConfig(Config):
    """How the rows of one set of files are divided into ``train`` and ``eval``."""

    method: Literal["hash", "stratified", "newest"] = Field(
        "hash",
        description="hash: each row on its own, by a hash; stratified: an exact share of every label, by a hash; "
        "newest: that share of every label, its newest rows, by `date_column` or the numbers of newsgroup messages. "
        "A row with several labels counts for the rarest of them.",
    )
    eval_share: float = Field(0.1, ge=0, lt=1, description="Share of the rows that become `eval`; 0: none do.")
    seed: int = Field(0, description="Another seed gives another division.")
    keep_groups: bool = Field(
        False, description="Keep the rows of a group (an article, or `group_column`) on one side of the split."
    )


class SourceConfig(Config):
    """One set of files of one format."""

    format: Format = Field(
        description="wikitext; text: a line a document or sentence, blank lines between articles; newsgroups: "
        "a folder a group, or a .tar.gz of them; knbc: features.csv and labels.csv; knbc_tsv: KNBC's corpus2; "
        "csv: RFC 4180; tsv: no quoting; jsonl: an object a line; parquet; xlsx: an Excel workbook. "
        "Text files may be compressed with gzip, whatever their names."
    )
    files: str | dict[str, str] = Field(
        description="A path, directory or glob, to be divided as `split` says; or a mapping of split names to them."
    )
    encoding: str = Field(
        "auto",
        description="Encoding of text files: utf-8, utf-16, cp932 (Shift JIS), euc_jp, cp1252, latin-1, or another one "
        "that Python knows; auto: decided on the whole file, or refused if that is not certain.",
    )
    delimiter: str = Field(
        "auto",
        description="What stands between the fields of csv files: one character, or tab; auto: a comma, semicolon, tab "
        "or vertical bar, decided on the records, or refused if that is not certain.",
    )
    sheet: str | None = Field(None, description="Name of the sheet in an Excel workbook; null: the first.")
    text_column: str = Field("text", description="Column or key of the text (csv, tsv, jsonl, parquet, xlsx).")
    label_column: str | None = Field(None, description="Column or key of the label; none means unlabelled text.")
    label_separator: str | None = Field(
        None,
        min_length=1,
        description="What stands between the labels of a row, which may then have several or none; in jsonl and "
        "parquet the labels may be a list too.",
    )
    id_column: str | None = Field(None, description="Column or key of a unique id; none means FILE:ROW.")
    group_column: str | None = Field(
        None, description="Column or key of what `split.keep_groups` and `trainer.group_folds` keep together."
    )
    date_column: str | None = Field(
        None,
        description="Column or key of what `split.method: newest` goes by: an ISO 8601 date or time (without a zone: "
        "UTC), or a number that rises with time, as 20240131 is too; not both in one column.",
    )
    date_format: str | None = Field(
        None,
        description="Form of the dates in `date_column`, as Python's strptime has it, such as %d.%m.%Y or "
        "%Y年%m月%d日; null: ISO 8601, or numbers.",
    )
    keep_columns: tuple[str, ...] = Field(
        (), description="Further columns or keys to keep, for evaluator.slice_columns; strings, numbers, dates."
    )
    unlabelled: bool = Field(False, description="Leave the labels out, to use a labelled set as plain text.")
    remove: tuple[Literal["headers", "footers", "quotes"], ...] = Field(
        (), description="What to strip from newsgroup messages; the meaning is scikit-learn's."
    )
    headings: Literal["keep", "drop"] = Field("keep", description="Whether wikitext headings (` = X = `) are rows.")
    limit: int | None = Field(
        None, ge=1, description="At most so many rows a split, chosen by a hash of the id, evenly over the labels."
    )
    split: SplitConfig = Field(SplitConfig(), description="How rows are divided when `files` is one path.")

    @property
    def labelled(self) -> bool:
        """Whether the rows of this source carry labels."""
        return not self.unlabelled and (self.format in LABELLED_FORMATS or self.label_column is not None)

    @property
    def multi_label(self) -> bool:
        """Whether a row of this source may have several labels, or none."""
        return self.labelled and self.label_separator is not None

    @property
    def dealt_by_label(self) -> bool:
        """Whether the rows of this source are divided by label, and not each on its own."""
        return isinstance(self.files, str) and self.split.method != "hash"

    @property
    def grouped(self) -> bool:
        """Whether it is known which rows of this source belong together."""
        return self.group_column is not None or self.format in ARTICLE_FORMATS

    @property
    def dated(self) -> bool:
        """Whether it is known which rows of this source are newer than others."""
        return self.date_column is not None or self.format in DATED_FORMATS

    @property
    def paths(self) -> dict[str | None, str]:
        """Path by given split, or the one path under None when the rows are still to be divided."""
        return {None: self.files} if isinstance(self.files, str) else dict(self.files.items())

    @property
    def split_names(self) -> list[str]:
        """The splits that the rows of this source go to."""
        if isinstance(self.files, str):
            return ["train", "eval"] if self.split.eval_share else ["train"]
        return list(self.files)

    @field_validator("files")
    @classmethod
    def _has_paths(cls, files: str | dict[str, str]) -> str | dict[str, str]:
        if not files or (isinstance(files, dict) and not all(files.values())):
            raise ValueError("must name at least one path")
        for name in files if isinstance(files, dict) else ():
            if not SPLIT_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no split name: use small letters, digits, '_' and '-', such as 'train'")
        return files

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, encoding: str) -> str:
        return normalize(encoding)

    @field_validator("delimiter")
    @classmethod
    def _is_delimiter(cls, delimiter: str) -> str:
        delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
        if delimiter != AUTO and (len(delimiter) != 1 or delimiter in '"\r\n\0 '):
            raise ValueError(
                f"{delimiter!r} cannot divide fields; use 'auto', ',', ';', 'tab', '|' or another character"
            )
        return delimiter

    @field_validator("date_format")
    @classmethod
    def _is_date_format(cls, form: str | None) -> str | None:
        if form is not None:
            try:
                datetime.strptime(datetime(2024, 1, 31, 12, 30).strftime(form), form)
            except ValueError as error:
                raise ValueError(f"{form!r} is no form of a date: {error}; see Python's strptime") from None
            if "%" not in form.replace("%%", ""):
                raise ValueError(
                    f"{form!r} is no form of a date: it has no directive such as %Y; see Python's strptime"
                )
        return form

    @model_validator(mode="after")
    def _options_fit_format(self) -> "SourceConfig":
        allowed: dict[str, tuple[str, ...]] = {
            "text_column": COLUMN_FORMATS,
            "label_column": COLUMN_FORMATS,
            "label_separator": COLUMN_FORMATS,
            "id_column": COLUMN_FORMATS,
            "group_column": COLUMN_FORMATS,
            "date_column": COLUMN_FORMATS,
            "keep_columns": COLUMN_FORMATS,
            "date_format": COLUMN_FORMATS,
            "encoding": TEXT_FORMATS,
            "delimiter": ("csv",),
            "sheet": ("xlsx",),
            "remove": ("newsgroups",),
            "headings": ("wikitext",),
        }
        for option, formats in allowed.items():
            changed = getattr(self, option) != type(self).model_fields[option].default
            if changed and self.format not in formats:
                raise ValueError(
                    f"{option} = {getattr(self, option)!r} means nothing for format {self.format!r}, "
                    f"only for {', '.join(formats)}"
                )
        return self

    @model_validator(mode="after")
    def _split_is_possible(self) -> "SourceConfig":
        if isinstance(self.files, dict):
            for option in ("method", "eval_share", "seed", "keep_groups"):
                if getattr(self.split, option) != SplitConfig.model_fields[option].default:
                    raise ValueError(f"split.{option} has no effect: `files` names the splits already")
        if self.label_separator is not None and self.label_column is None:
            raise ValueError("label_separator has no effect without label_column")
        if self.split.method == "stratified" and not self.labelled:
            raise ValueError("split.method = 'stratified' needs labels: set label_column, or use 'hash'")
        if self.date_format is not None and self.date_column is None:
            raise ValueError("date_format has no effect without date_column")
        if self.date_column is not None and self.split.method != "newest":
            raise ValueError("date_column has no effect without split.method = 'newest'")
        if self.split.method == "newest" and not self.dated:
            raise ValueError(f"split.method = 'newest': format {self.format!r} knows no dates; set date_column")
        if self.split.method == "newest" and self.split.keep_groups:
            raise ValueError("split.method = 'newest' cannot keep groups, whose rows may be of any date; keep one")
        if self.split.keep_groups and not self.grouped:
            raise ValueError(f"split.keep_groups: format {self.format!r} knows no groups; set group_column")
        return self


class ExampleGenConfig(Config):
    """The sources of one ExampleGen node; a single source may stand for a list of one."""

    sources: list[SourceConfig] = Field(min_length=1, description="Sets of files that are read together.")
    span: int | None = Field(
        None,
        ge=0,
        description="Which instalment to read where `files` has {SPAN}, as in reviews/{SPAN}/*.csv; null: the newest.",
    )

    @property
    def split_names(self) -> list[str]:
        """All splits in order of first mention."""
        return list(dict.fromkeys(name for source in self.sources for name in source.split_names))

    @property
    def labelled(self) -> bool:
        """Whether the examples carry labels."""
        return self.sources[0].labelled

    @property
    def multi_label(self) -> bool:
        """Whether an example may have several labels, or none."""
        return self.sources[0].multi_label

    @property
    def kept_columns(self) -> list[str]:
        """The further columns that any source keeps."""
        return list(dict.fromkeys(column for source in self.sources for column in source.keep_columns))

    @field_validator("sources", mode="before")
    @classmethod
    def _one_is_a_list(cls, sources: Any) -> Any:
        return [sources] if isinstance(sources, Mapping | SourceConfig) else sources

    @model_validator(mode="after")
    def _labels_agree(self) -> "ExampleGenConfig":
        if len({source.labelled for source in self.sources}) > 1:
            raise ValueError("some sources carry labels and some do not: set `unlabelled: true` on those that do")
        if len({source.multi_label for source in self.sources}) > 1:
            raise ValueError("some sources have one label a row and some may have several: set label_separator on all")
        return self
