from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.rows import Row
from components.example_gen.splitting import digest
from components.example_gen.transforms.write import Write
from components.examples import read_records
from tests.components.example_gen.transforms.helpers import batches, config


def ids(path: Path) -> list[str]:
    records = read_records([str(path)]).as_numpy_iterator()
    examples = [tf.train.Example.FromString(record) for record in records]
    return [example.features.feature["id"].bytes_list.value[0].decode() for example in examples]


def test_files_are_full_ordered_and_the_same_every_time(tmp_path: Path) -> None:
    given = config({"files": {"train": "a.csv", "eval": "b.csv"}})
    rows = [Row(f"京都{i}", "text", "x", None, "a.csv", i) for i in range(200)]
    runs = []
    for run, size in enumerate((3, 200)):
        folders = {split: str(tmp_path / str(run) / f"Split-{split}") for split in ("train", "eval")}
        with beam.Pipeline() as pipeline:
            counts = pipeline | beam.Create(batches(given, 0, rows[:: 1 - 2 * run], "train", size)) | Write(folders, 2)
            assert_that(counts | beam.CombinePerKey(sum), equal_to([("train", 200), ("eval", 0)]))
        files = sorted(Path(folders["train"]).iterdir())
        assert [file.name for file in files] == [f"data_tfrecord-0000{i}-of-00002.gz" for i in range(2)]
        assert len(list(Path(folders["eval"]).iterdir())) == 2
        runs.append([ids(file) for file in files])
    assert runs[0] == runs[1]
    assert sorted(runs[0][0] + runs[0][1]) == sorted(row.id for row in rows)
    assert all(names == sorted(names, key=digest) for names in runs[0])
    assert 70 < len(runs[0][0]) < 130
