import gzip
import os
import socket
from pathlib import Path

import pytest

from components.errors import DataError
from components.example_gen.files import find
from components.example_gen.opening import is_packed, open_binary
from tests.components.example_gen.helpers import write


@pytest.fixture(params=["fifo", "socket", "directory", "device"])
def special(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "a.csv"
    if request.param == "fifo":
        os.mkfifo(path)
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    elif request.param == "directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    return str(path)


def test_only_regular_files_are_opened(special: str) -> None:
    with pytest.raises((DataError, OSError), match=r"a\.csv.* not a regular file|No such device"):
        open_binary(special).close()


def test_special_files_are_named_before_anything_is_read(special: str) -> None:
    if not Path(special).is_dir():
        with pytest.raises(DataError, match=r"a\.csv: is .*, not a regular file; only regular files are read"):
            find(special)


def test_links_to_regular_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "b.csv").symlink_to(write(tmp_path / "a.csv", "文"))
    assert [file.size for file in find(str(tmp_path / "b.csv"))] == [3]
    with open_binary(str(tmp_path / "b.csv")) as stream:
        assert stream.read().decode() == "文"


def test_a_link_to_nothing_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.csv").symlink_to("nowhere.csv")
    with pytest.raises(DataError, match=r"b\.csv, a link to nowhere\.csv,: cannot be read: No such file"):
        find(str(tmp_path), [".csv"])


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.GZ", "a.csv.gz"])
@pytest.mark.parametrize("packed", [False, True])
def test_gzip_is_known_by_its_content(tmp_path: Path, name: str, packed: bool) -> None:
    content = "一行目\n".encode()
    path = write(tmp_path / name, gzip.compress(content) if packed else content)
    assert is_packed(path) is packed
    with open_binary(path) as stream:
        assert stream.read() == content
    assert [file.path for file in find(str(tmp_path), [".csv", ".csv.gz"])] == [path]


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"BZh91AY&SY", "bzip2"), (b"\xfd7zXZ\0\0", "xz"), (b"\x28\xb5\x2f\xfd\0", "Zstandard"), (b"PK\x03\x04", "zip")],
)
def test_other_packing_is_named(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(DataError, match=f"is compressed with {name}; unpack it, or compress it with gzip"):
        open_binary(write(tmp_path / "a.csv", content))
