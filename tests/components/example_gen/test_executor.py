import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.errors import ConfigError, DataError
from components.example_gen.config import ExampleGenConfig
from components.example_gen.executor import Executor, count_shards
from components.example_gen.inputs import Plan
from components.example_gen.rows import Piece
from components.examples import read_records, split_files
from tests.components.example_gen.helpers import write

Example = dict[str, str]


def execute(directory: Path, *sources: dict[str, Any], data: Path | None = None) -> standard_artifacts.Examples:
    """Runs the executor as TFX does; paths of sources begin at ``data``, or at the directory."""
    root = data or directory

    def absolute(files: str | dict[str, str]) -> str | dict[str, str]:
        return (
            str(root / files) if isinstance(files, str) else {split: str(root / path) for split, path in files.items()}
        )

    config = ExampleGenConfig.model_validate({"sources": [one | {"files": absolute(one["files"])} for one in sources]})
    examples = standard_artifacts.Examples()
    examples.uri = str(directory / "examples")
    Executor().Do({}, {"examples": [examples]}, {"config": config.model_dump_json()})
    return examples


def load(examples: standard_artifacts.Examples) -> dict[str, list[Example]]:
    """The examples of every split."""
    found: dict[str, list[Example]] = {}
    for split in artifact_utils.decode_split_names(examples.split_names):
        records = read_records(split_files(artifact_utils.get_split_uri([examples], split))).as_numpy_iterator()
        protos = [tf.train.Example.FromString(record).features.feature for record in records]
        found[split] = [{key: value.bytes_list.value[0].decode() for key, value in one.items()} for one in protos]
    return found


def counts(examples: standard_artifacts.Examples) -> dict[str, tuple[int, int, int]]:
    """Rows, rejected rows and rows left out of every split."""
    written = json.loads((Path(examples.uri) / "counts.json").read_text())
    return {split: (count["rows"], count["rejected"], count["left_out"]) for split, count in written.items()}


def test_given_splits(tmp_path: Path) -> None:
    write(tmp_path / "trains/features.csv", "feature\n京都へ行く。\n速い。\n")
    write(tmp_path / "trains/labels.csv", "label\n京都\nスポーツ\n")
    write(tmp_path / "tests/features.csv", "feature\n\nおいしい。\n")
    write(tmp_path / "tests/labels.csv", "label\n京都\nグルメ\n")
    examples = execute(tmp_path, {"format": "knbc", "files": {"train": "trains", "eval": "tests"}})
    assert json.loads(examples.split_names) == ["train", "eval"]
    assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
    found = load(examples)
    assert sorted(found["train"], key=lambda one: one["id"]) == [
        {"id": "trains:2", "text": "京都へ行く。", "label": "京都"},
        {"id": "trains:3", "text": "速い。", "label": "スポーツ"},
    ]
    assert found["eval"] == [{"id": "tests:3", "text": "おいしい。", "label": "グルメ"}]
    assert counts(examples) == {"train": (2, 0, 0), "eval": (1, 1, 0)}
    rejected = json.loads((tmp_path / "examples/rejected.jsonl").read_text())
    assert rejected == {"split": "eval", "file": str(tmp_path / "tests/features.csv"), "row": 2, "reason": "no value"}


def test_every_row_is_somewhere(tmp_path: Path) -> None:
    lines = ["id,label,text"]
    lines += [f"n{i},{'京都' if i % 2 else 'food'},text {i}" for i in range(200)]
    lines += [f"n{i},food,again {i}" for i in range(10)]  # duplicates
    lines += ["n300,,no label", ",food,no id", "n301,food"]
    write(tmp_path / "data.csv", "\n".join(lines))
    source = {"format": "csv", "files": "data.csv", "label_column": "label", "id_column": "id", "limit": 30}
    examples = execute(tmp_path, {**source, "split": {"method": "stratified", "eval_share": 0.2}})
    found = load(examples)
    assert {split: Counter(one["label"] for one in rows) for split, rows in found.items()} == {
        "train": {"京都": 15, "food": 15},
        "eval": {"京都": 15, "food": 15},
    }
    assert not any(one["text"].startswith("again") for rows in found.values() for one in rows)
    written = counts(examples)
    assert (written["train"][0], written["train"][2]) == (30, 160 - 30)
    assert (written["eval"][0], written["eval"][2]) == (30, 40 - 30)
    assert written["train"][1] + written["eval"][1] == 13
    rejected = [json.loads(line) for line in (tmp_path / "examples/rejected.jsonl").read_text().splitlines()]
    assert [one["row"] for one in rejected] == list(range(202, 215))
    assert rejected[0]["reason"] == f"its id is that of row 2 of {tmp_path / 'data.csv'}"
    assert [one["reason"] for one in rejected[10:]] == [
        "no value in 'label'",
        "no value in 'id'",
        "2 fields, but the header names 3 columns",
    ]


def test_all_rejected_rows_are_counted_and_the_first_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.example_gen.executor.MAX_LISTED", 3)
    write(tmp_path / "data.csv", "text,label\n" + "寺,京都\n短い\n" * 50)
    examples = execute(tmp_path, {"format": "csv", "files": {"train": "data.csv"}})
    assert counts(examples)["train"] == (50, 50, 0)
    listed = (tmp_path / "examples/rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(one)["row"] for one in listed] == [3, 5, 7]


def test_a_corpus_of_several_sources(tmp_path: Path) -> None:
    write(tmp_path / "wiki/a.txt.gz", gzip.compress("".join(f"文{i}。\n" for i in range(100)).encode()))
    write(tmp_path / "Kyoto.tsv", "".join(f"KN{i}_Kyoto_1-1-1-1\t寺{i}。\t\t\t\t\n" for i in range(20)))
    examples = execute(
        tmp_path,
        {"format": "text", "files": "wiki"},
        {"format": "knbc_tsv", "files": {"train": "Kyoto.tsv"}, "unlabelled": True},
    )
    found = load(examples)
    assert {"label"} & {key for rows in found.values() for one in rows for key in one} == set()
    texts = {one["text"] for rows in found.values() for one in rows}
    assert texts == {f"文{i}。" for i in range(100)} | {f"寺{i}。" for i in range(20)}
    assert all(one["text"].startswith("文") for one in found["eval"])
    assert {one.get("group") for one in found["eval"]} == {None}


def test_stray_files_are_counted(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / "news/sci.med" / str(number), f"cafés {number}".encode("latin-1"))
    write(tmp_path / "news/README", "about")
    examples = execute(tmp_path, {"format": "newsgroups", "files": {"train": "news"}})
    assert counts(examples) == {"train": (4, 1, 0)}
    assert {(one["id"], one["text"]) for one in load(examples)["train"]} == {
        (f"sci.med/{i}", f"cafés {i}") for i in range(4)
    }


def test_wrong_data_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "body,label\nx,y\n")
    with pytest.raises(ConfigError, match=r"sources\.0\.text_column: .*a\.csv: no column 'text'"):
        execute(tmp_path, {"format": "csv", "files": "a.csv"})
    write(tmp_path / "cut.txt.gz", gzip.compress(b"text\n" * 99)[:-4])
    with pytest.raises(DataError, match=r"cut\.txt\.gz: cannot be read: .*is the file whole\?"):
        execute(tmp_path, {"format": "text", "files": "cut.txt.gz"})
    write(tmp_path / "one.txt", "only one line\n")
    with pytest.raises(DataError, match="split '(train|eval)' has no rows"):
        execute(tmp_path / "x", {"format": "text", "files": str(tmp_path / "one.txt")})


def test_count_shards() -> None:
    mebibyte = 1 << 20
    plain, packed = Piece(0, None, "a.txt", "a.txt", 100 * mebibyte), Piece(0, None, "b.gz", "b.gz", 30 * mebibyte)
    assert [count_shards(Plan(pieces)) for pieces in ([], [plain], [packed], [plain, packed])] == [1, 2, 2, 4]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"files": "20newsgroups", "split": {"method": "stratified", "eval_share": 0.2}},
            {"train": (9_051, 0, 0), "eval": (2_263, 0, 0)},
        ),
        ({"files": {"train": "20newsgroups"}, "limit": 400}, {"train": (400, 0, 10_914)}),
        (
            {"format": "knbc", "files": {"train": "knbc/trains", "eval": "knbc/tests"}},
            {"train": (3_390, 0, 0), "eval": (377, 0, 0)},
        ),
        (
            {"format": "wikitext", "files": {"train": "wikitext-2/*train*", "eval": "wikitext-2/*valid*"}},
            {"train": (23_767, 0, 0), "eval": (2_461, 0, 0)},
        ),
    ],
    ids=["newsgroups", "newsgroups-limit", "knbc", "wikitext"],
)
def test_real_counts(tmp_path: Path, data_dir: Path, source: dict[str, Any], expected: dict[str, Any]) -> None:
    assert counts(execute(tmp_path, {"format": "newsgroups", **source}, data=data_dir)) == expected


@pytest.mark.data
@pytest.mark.slow
def test_the_newest_fifth_of_every_newsgroup(tmp_path: Path, data_dir: Path) -> None:
    split = {"method": "newest", "eval_share": 0.2}
    files = "20newsgroups/20news-bydate-train.tar.gz"
    examples = execute(tmp_path, {"format": "newsgroups", "files": files, "split": split}, data=data_dir)
    numbers: dict[str, dict[str, list[int]]] = {}
    for side, rows in load(examples).items():
        for one in rows:
            numbers.setdefault(one["label"], {}).setdefault(side, []).append(int(one["id"].rpartition("/")[2]))
    assert len(numbers) == 20
    assert all(max(sides["train"]) < min(sides["eval"]) for sides in numbers.values())
    assert sum(len(sides["eval"]) for sides in numbers.values()) == 2_263


@pytest.mark.data
@pytest.mark.slow
def test_articles_of_knbc_stay_on_one_side(tmp_path: Path, data_dir: Path) -> None:
    split = {"method": "stratified", "eval_share": 0.1, "keep_groups": True}
    found = load(execute(tmp_path, {"format": "knbc_tsv", "files": "knbc/corpus2", "split": split}, data=data_dir))
    groups = {name: {one["group"] for one in rows} for name, rows in found.items()}
    assert not groups["train"] & groups["eval"]
    assert len(groups["train"] | groups["eval"]) == 249
    assert len(found["train"]) + len(found["eval"]) == 3_767
    labels = Counter(one["label"] for one in found["eval"])
    wanted = {"京都": 135, "携帯電話": 115, "グルメ": 80, "スポーツ": 47}
    assert all(abs(labels[label] - quota) <= 3 for label, quota in wanted.items())


def test_several_labels(tmp_path: Path) -> None:
    labels = ["京都", "京都 グルメ", "", "グルメ 京都"]
    lines = [json.dumps({"text": f"文{i}", "tags": labels[i % 4]}, ensure_ascii=False) for i in range(80)]
    lines += [json.dumps({"text": f"語{i}", "tags": ["京都", "a b"]}, ensure_ascii=False) for i in range(20)]
    write(tmp_path / "rows.jsonl", "\n".join(lines))
    source = {"format": "jsonl", "files": "rows.jsonl", "label_column": "tags", "label_separator": " "}
    examples = execute(tmp_path, {**source, "split": {"method": "stratified", "eval_share": 0.25}})
    read: dict[str, Counter[tuple[str, ...]]] = {}
    for split in ("train", "eval"):
        for file in (tmp_path / "examples" / f"Split-{split}").iterdir():
            for record in tf.data.TFRecordDataset(str(file), "GZIP"):
                feature = tf.train.Example.FromString(record.numpy()).features.feature
                found = tuple(sorted(value.decode() for value in feature["label"].bytes_list.value))
                read.setdefault(split, Counter())[found] += 1
    assert read["train"] == {("京都",): 15, ("グルメ", "京都"): 30, (): 15, ("a b", "京都"): 15}
    assert read["eval"] == {("京都",): 5, ("グルメ", "京都"): 10, (): 5, ("a b", "京都"): 5}
    assert counts(examples)["train"] == (75, 0, 0)
