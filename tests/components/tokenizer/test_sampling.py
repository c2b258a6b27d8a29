import collections
from pathlib import Path

import apache_beam as beam
import pytest

from components.errors import DataError
from components.examples import read_records
from components.tokenizer import sampling
from tests.components import tiny

TEXTS = [f"{index} 京都" for index in range(3000)]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three shards of a thousand rows."""
    for shard in range(3):
        rows = [{"text": text.encode(), "id": text.encode()} for text in TEXTS[shard * 1000 : (shard + 1) * 1000]]
        tiny.write_examples(tmp_path / f"{shard}.gz", rows)
    return [str(tmp_path / f"{shard}.gz") for shard in range(3)]


def draw(files: list[str], share: float, directory: Path) -> list[str]:
    with beam.Pipeline() as pipeline:
        parts = sampling.draw(pipeline, files, share, str(directory))
    return [text.decode() for text in sampling.Texts(parts)]


def test_texts_can_be_read_again(files: list[str]) -> None:
    texts = sampling.Texts(files)
    assert [text.decode() for text in texts] == TEXTS == [text.decode() for text in texts]


def test_a_row_without_text(tmp_path: Path) -> None:
    tiny.write_examples(tmp_path / "a.gz", [{"text": b"a"}, {"id": b"b"}])
    with pytest.raises(DataError, match=r"a\.gz: row 1 has 0 values of the feature text"):
        list(sampling.Texts([str(tmp_path / "a.gz")]))


def test_the_share_is_that_of_the_limit(files: list[str]) -> None:
    size = sum(Path(file).stat().st_size for file in files) / 2**20
    assert sampling.share_to_draw(files, size) == 1
    assert sampling.share_to_draw(files, size / 4) == pytest.approx(0.25)
    assert sampling.share_to_draw([], 1) == 1


def test_what_is_drawn_is_even_and_the_same_every_time(files: list[str], tmp_path: Path) -> None:
    drawn = draw(files, 0.2, tmp_path / "a")
    assert drawn == draw(files, 0.2, tmp_path / "b")
    assert set(drawn) <= set(TEXTS) and len(set(drawn)) == len(drawn)
    thirds = collections.Counter(int(text.split()[0]) // 1000 for text in drawn)
    assert all(150 < thirds[third] < 250 for third in range(3))
    assert set(drawn) <= set(draw(files, 0.4, tmp_path / "c"))


def test_records_stay_as_they_are(files: list[str], tmp_path: Path) -> None:
    draw(files, 0.01, tmp_path / "a")
    before = set(read_records(files).as_numpy_iterator())
    parts = sorted(str(path) for path in (tmp_path / "a").iterdir())
    assert set(read_records(parts).as_numpy_iterator()) < before
