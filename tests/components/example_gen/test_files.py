import gzip
import io
import os
from pathlib import Path

import pytest

from components.errors import DataError
from components.example_gen.files import find, fingerprint, nearest, unique_names
from components.example_gen.opening import open_binary
from tests.components.example_gen.helpers import write


def names(pattern: str | Path, *suffixes: str, recursive: bool = False) -> list[str]:
    return [Path(file.path).name for file in find(str(pattern), suffixes or ("",), recursive)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "c.csv.gz", "読んで.txt", ".hidden.csv", "deep/d.csv", ".git/e.csv"):
        write(tmp_path / name, name)
    return tmp_path


def test_find(folder: Path) -> None:
    assert names(folder / "a.csv") == ["a.csv"]
    assert names(folder / "読んで.txt", ".csv") == ["読んで.txt"]  # named outright, whatever its suffix
    assert names(folder, ".csv", ".csv.gz") == ["a.csv", "b.csv", "c.csv.gz"]
    assert sorted(names(folder, ".csv", recursive=True)) == ["a.csv", "b.csv", "d.csv"]
    assert names(folder / "*.csv") == names(folder / "*[ab].csv") == ["a.csv", "b.csv"]
    assert names(folder / ".hidden.csv") == [".hidden.csv"]
    assert names(folder / "**" / "?.csv") == ["a.csv", "b.csv", "d.csv"]
    assert names(folder / "d*", ".csv") == ["d.csv"]


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    path = write(tmp_path / "a[1].csv", "x")
    assert [file.path for file in find(path)] == [path]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("b.cvs", r"has no 'b\.cvs' \(did you mean 'b\.csv'\?\)"),
        ("depe/d.csv", r"has no 'depe' \(did you mean 'deep'\?\)"),
        ("deep/x*.csv", "the pattern matches no file"),
        ("deep", r"deep: has no file named \*\.tsv or \*\.tsv\.gz; it holds d\.csv"),
        ("d*", r"what matches has no file named \*\.tsv"),
    ],
)
def test_absent_files_are_named(folder: Path, pattern: str, message: str) -> None:
    write(folder / "deep2/x.txt", "x")
    with pytest.raises(DataError, match=message):
        find(str(folder / pattern), (".tsv", ".tsv.gz"))


def test_fingerprint_changes_with_names_sizes_and_times(folder: Path) -> None:
    def now() -> str:
        return fingerprint(find(str(folder), (".csv", ".csv.gz")))

    first = now()
    assert first.startswith("3 files, 18 bytes, sha256 ")
    write(folder / "読んで.txt", "another text")  # not among the files
    assert now() == first
    stat = os.stat(folder / "a.csv")
    os.utime(folder / "a.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    later = now()
    os.utime(folder / "a.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert now() == first != later
    write(folder / "a.csv", "a.CSV+")
    os.utime(folder / "a.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    longer = now()
    (folder / "b.csv").rename(folder / "b2.csv")
    assert len({first, later, longer, now()}) == 4


def test_unique_names_grow_only_where_needed() -> None:
    paths = ["/x/knbc/trains", "/x/knbc/tests", "/y/knbc/trains", "/z/other/trains", "trains"]
    assert unique_names(paths) == {
        "/x/knbc/trains": "x/knbc/trains",
        "/x/knbc/tests": "tests",
        "/y/knbc/trains": "y/knbc/trains",
        "/z/other/trains": "other/trains",
        "trains": "trains",
    }


def test_nearest() -> None:
    assert nearest("txet", ["text", "label"]) == " (did you mean 'text'?)"
    assert nearest("本文", ["text", "label"]) == ""


def test_open_binary_unpacks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt.gz", gzip.compress("一行目\n二行目\n".encode()))
    with open_binary(path) as stream:
        assert [line.decode() for line in stream] == ["一行目\n", "二行目\n"]
    with open_binary(write(tmp_path / "a.txt", b"0123")) as stream:
        stream.seek(2)
        assert stream.read() == b"23"


def test_remote_files() -> None:
    import tensorflow as tf

    root = "ram://example_gen"
    for name, content in {
        "b.txt": b"b\n" * 9,
        "a.txt": b"a",
        "sub/c.txt": b"c",
        ".x.txt": b"",
        "p.txt.gz": b"",
    }.items():
        tf.io.gfile.makedirs(f"{root}/sub")
        with tf.io.gfile.GFile(f"{root}/{name}", "wb") as file:
            file.write(gzip.compress(b"packed\n") if name.endswith("gz") else content)
    assert names(root, ".txt", ".txt.gz") == ["a.txt", "b.txt", "p.txt.gz"]
    assert names(root, ".txt", recursive=True) == ["a.txt", "b.txt", "c.txt"]
    assert names(f"{root}/*.txt") == ["a.txt", "b.txt"]
    assert [file.size for file in find(f"{root}/b.txt")] == [18]
    with open_binary(f"{root}/b.txt") as stream:
        assert stream.readline() == b"b\n"
        stream.seek(-4, io.SEEK_END)
        assert list(stream) == [b"b\n", b"b\n"]
    with open_binary(f"{root}/p.txt.gz") as stream:
        assert stream.read() == b"packed\n"
    with pytest.raises(DataError, match="no such file"):
        find(f"{root}/absent.txt")


def test_a_name_that_is_not_utf8_is_refused(tmp_path):
    name = os.fsencode(tmp_path) + b"/a\xff.csv"
    with open(name, "wb") as file:
        file.write(b"text\na\n")
    with pytest.raises(DataError, match="its name is not UTF-8.*rename it"):
        find(str(tmp_path), (".csv",))
