from typing import Any

import pydantic
import pytest

from components.example_gen.config import ExampleGenConfig, SourceConfig


def source(**options: Any) -> SourceConfig:
    return SourceConfig(**{"format": "csv", "files": "a.csv", **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "text", "label_column": "label"}, "label_column = 'label' means nothing for format 'text'"),
        ({"format": "knbc", "text_column": "feature"}, "text_column = 'feature' means nothing"),
        ({"remove": ["quotes"]}, "only for newsgroups"),
        ({"headings": "drop"}, "only for wikitext"),
        ({"split": {"method": "stratified"}}, "needs labels"),
        ({"label_column": "label", "unlabelled": True, "split": {"method": "stratified"}}, "needs labels"),
        ({"split": {"keep_groups": True}}, "set group_column"),
        ({"format": "newsgroups", "split": {"keep_groups": True}}, "knows no groups"),
        ({"label_separator": ","}, "no effect without label_column"),
        ({"format": "newsgroups", "label_separator": ","}, "label_separator = ',' means nothing"),
        ({"split": {"method": "newest"}}, "set date_column"),
        ({"format": "wikitext", "split": {"method": "newest"}}, "knows no dates"),
        (
            {"date_column": "日", "group_column": "g", "split": {"method": "newest", "keep_groups": True}},
            "cannot keep groups",
        ),
        ({"date_column": "日"}, "date_column has no effect"),
        ({"files": {"train": "a", "eval": "b"}, "split": {"eval_share": 0.3}}, "split.eval_share has no effect"),
        ({"files": {"Train set": "a"}}, "'Train set' is no split name"),
        ({"files": {}}, "at least one path"),
        ({"files": {"train": ""}}, "at least one path"),
        ({"split": {"eval_share": 1.0}}, "less than 1"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"format": "docx"}, "'knbc_tsv'"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_impossible_combinations_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=message):
        source(**options)


def test_configuration_survives_json() -> None:
    config = ExampleGenConfig(
        sources=[
            source(label_column="ラベル", group_column="記事", split={"method": "stratified", "keep_groups": True}),
            source(format="newsgroups", files={"train": "x", "eval": "y"}, remove=["headers", "quotes"], limit=5),
        ]
    )
    assert ExampleGenConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("options", "labelled"),
    [
        ({}, False),
        ({"label_column": "label"}, True),
        ({"label_column": "label", "unlabelled": True}, False),
        ({"format": "knbc"}, True),
        ({"format": "knbc", "unlabelled": True}, False),
        ({"format": "wikitext"}, False),
    ],
)
def test_labelled(options: dict[str, Any], labelled: bool) -> None:
    assert source(**options).labelled is labelled


def test_a_single_source_is_a_list_of_one() -> None:
    config = ExampleGenConfig.model_validate({"sources": {"format": "text", "files": "a.txt"}})
    assert [one.files for one in config.sources] == ["a.txt"]


def test_labelled_and_unlabelled_sources_do_not_mix() -> None:
    knbc = {"format": "knbc", "files": {"train": "trains"}}
    plain = {"format": "text", "files": "a.txt"}
    with pytest.raises(pydantic.ValidationError, match="unlabelled: true"):
        ExampleGenConfig.model_validate({"sources": [knbc, plain]})
    assert not ExampleGenConfig.model_validate({"sources": [{**knbc, "unlabelled": True}, plain]}).labelled


def test_split_names_are_those_of_all_sources() -> None:
    whole = {"format": "text", "files": "a.txt"}
    given = {"format": "text", "files": {"eval": "b.txt", "test": "c.txt"}}
    config = ExampleGenConfig.model_validate({"sources": [whole, given]})
    assert config.split_names == ["train", "eval", "test"]
    alone = ExampleGenConfig.model_validate({"sources": [{**whole, "split": {"eval_share": 0}}]})
    assert alone.split_names == ["train"]


def test_one_label_and_several_do_not_mix() -> None:
    one, several = source(label_column="l").model_dump(), source(label_column="l", label_separator=",").model_dump()
    assert ExampleGenConfig.model_validate({"sources": [several]}).multi_label
    assert not ExampleGenConfig.model_validate({"sources": [one]}).multi_label
    assert not ExampleGenConfig.model_validate({"sources": [{**several, "unlabelled": True}]}).multi_label
    with pytest.raises(pydantic.ValidationError, match="set label_separator on all"):
        ExampleGenConfig.model_validate({"sources": [one, several]})
