from pathlib import Path

import pytest
import tensorflow as tf

from components.examples import count_records, read_records, split_files


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Two shards, written last first, and a file that is no shard."""
    for name, records in {"b-00001-of-00002.gz": ["最後"], "b-00000-of-00002.gz": ["first", "二番"]}.items():
        with tf.io.TFRecordWriter(str(tmp_path / name), "GZIP") as writer:
            for record in records:
                writer.write(record.encode())
    (tmp_path / "counts.json").write_text("{}")
    return tmp_path


def test_records_come_in_the_order_of_the_shards(split: Path) -> None:
    files = split_files(split)
    assert [Path(file).name for file in files] == ["b-00000-of-00002.gz", "b-00001-of-00002.gz"]
    assert [record.decode() for record in read_records(files).as_numpy_iterator()] == ["first", "二番", "最後"]
    assert count_records(files) == 3


def test_an_empty_folder_has_no_records(tmp_path: Path) -> None:
    assert split_files(tmp_path) == [] and count_records([]) == 0
