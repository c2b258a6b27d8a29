"""Configurations with comments: the same values, and a word on every key."""

from collections.abc import Iterator
from typing import get_args

import yaml

from components.base import Config
from pipeline import loading
from pipeline.config import PipelineConfig

FILE = """
name: mine
labelled:
  sources: [{format: csv, files: 文.csv, text_column: text, label_column: label}]
backbone: {source: encoder}
tokenizer: {kind: import}
"""


def test_the_values_are_those_without_comments(tmp_path):
    (tmp_path / "文.csv").write_text("text,label\na,b\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(FILE, encoding="utf-8")
    config = loading.load(str(tmp_path / "mine.yaml"), ["trainer.ngrams={tokens: 3}"])
    described = loading.to_yaml(config, described=True)
    assert yaml.safe_load(described) == yaml.safe_load(loading.to_yaml(config))
    lines = described.splitlines()
    key = next(place for place, line in enumerate(lines) if line.strip().startswith("label_separator:"))
    assert lines[key - 1].strip().startswith("#") and "文.csv" in described
    stage = next(place for place, line in enumerate(lines) if line.strip() == "unfreeze: null")
    comment = " ".join(line.strip(" #") for line in lines[stage - 5 : stage])
    assert "learning_rate" in comment and "layer_decay" in comment  # the keys of a section that is not there


def test_every_key_is_described():
    undescribed = [
        f"{section.__name__}.{name}"
        for section in {*_sections(PipelineConfig)}
        for name, field in section.model_fields.items()
        if not field.description and not [*_sections(field.annotation)]
    ]
    assert not undescribed


def _sections(annotation: object) -> Iterator[type[Config]]:
    if isinstance(annotation, type) and issubclass(annotation, Config):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _sections(field.annotation)
    for part in get_args(annotation):
        yield from _sections(part)
