"""Files of this machine: what cannot be read is not what is not there."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from components import files
from components.files import StoreError


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "京都" / "寺").mkdir(parents=True)
    (tmp_path / "京都" / "a.txt").write_text("一")
    (tmp_path / "京都" / "寺" / "b.txt").write_text("二")
    (tmp_path / "京都" / "gone").symlink_to("nowhere")
    (tmp_path / "京都" / "寺" / "circle").symlink_to(tmp_path / "京都")
    (tmp_path / "linked").symlink_to(tmp_path / "京都")
    root = str(tmp_path / "京都")
    assert files.list_files(root) == ["a.txt", "寺/b.txt"] == files.list_files(f"{tmp_path}/linked")
    assert files.list_folders(root) == ["寺"]
    assert (files.is_file(f"{root}/a.txt"), files.is_folder(f"{root}/寺"), files.is_there(f"{root}/gone")) == (
        True, True, False
    )  # fmt: skip
    assert files.list_names(f"{root}/absent") == files.list_names(f"{root}/a.txt") == []
    assert files.read_text(f"{root}/absent") is None


@pytest.mark.parametrize(
    ("number", "remedy", "code"),
    [
        (errno.EACCES, "check its permissions", 2),
        (errno.ENAMETOOLONG, "check its permissions and the path", 2),
        (errno.ESTALE, "the same command tries again", 1),
        (errno.EIO, "the same command tries again", 1),
    ],
)
def test_a_disk_that_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str, code: int
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.txt").write_text("一")
    for name, asks in (
        ("stat", files.is_file),
        ("stat", files.is_folder),
        ("stat", files.list_files),
        ("listdir", files.list_folders),
        ("listdir", files.list_files),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(StoreError, match=f"cannot be read: .*; {remedy}") as raised:
                asks(str(tmp_path))
            assert raised.value.exit_code == code


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for asks in (files.is_file, files.is_folder, files.list_names, files.list_files, files.read_text):
        with pytest.raises(StoreError, match="Not a directory"):
            asks(f"{tmp_path}/file/below")


@pytest.mark.parametrize("read", [files.read_text, files.sha256])
def test_a_pipe_is_not_read(tmp_path: Path, read: Callable[[str], object]) -> None:
    pipe = tmp_path / "管"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match="is a pipe, a socket or a device"):
        read(str(pipe))
    assert not files.is_file(str(pipe)) and not files.is_folder(str(pipe))
    assert files.list_files(str(tmp_path)) == []
