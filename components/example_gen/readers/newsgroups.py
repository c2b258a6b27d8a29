"""20 Newsgroups: a message a file in Latin-1, a folder a group; loose or in a tar file."""

import re
import tarfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from components.errors import DataError
from components.example_gen.limits import MAX_MEMBER, MAX_MEMBERS, shown
from components.example_gen.opening import open_binary
from components.example_gen.rows import Piece, Rejection, Row

ENCODING = "latin-1"
TAR_SUFFIXES = (".tar.gz", ".tgz", ".tar")
_TOO_LONG = f"a message of more than {shown(MAX_MEMBER)}"
QUOTE = re.compile(r"In article|Quoted from|[|>]|.*(?:writes in|writes:|wrote:|says:|said:)")


def strip_headers(message: str) -> str:
    """Leaves out all up to the first empty line; a message without an empty line is all header."""
    return message.partition("\n\n")[2]


def strip_footers(message: str) -> str:
    """Leaves out what follows the last line that is blank or a rule of hyphens, blank ends of the message aside.

    If there is no such line but the first, the message stays as it is.
    """
    lines = message.strip().split("\n")
    rules = [number for number, line in enumerate(lines) if number > 0 and set(line.strip()) <= {"-"}]
    return "\n".join(lines[: rules[-1]]) if rules else message


def strip_quotes(message: str) -> str:
    """Leaves out lines that begin with ``>`` or ``|``, and those that introduce a quotation (``... writes:``)."""
    return "\n".join(line for line in message.split("\n") if not QUOTE.match(line))


STRIPPERS = {"headers": strip_headers, "footers": strip_footers, "quotes": strip_quotes}


def strip(message: str, remove: Collection[str]) -> str:
    """Leaves out parts of a message, as scikit-learn's ``fetch_20newsgroups(remove=...)`` does.

    Args:
        message: The message, headers included.
        remove: Any of ``headers``, ``footers`` and ``quotes``; they are applied in this order.
    """
    for part, stripper in STRIPPERS.items():
        if part in remove:
            message = stripper(message)
    return message


def read_newsgroups(piece: Piece, remove: Collection[str] = (), dated: bool = False) -> Iterator[Row | Rejection]:
    """Reads messages; the label is the folder, the id ``folder/file``.

    Args:
        piece: A tar file, or single messages in ``piece.messages``.
        remove: Parts to leave out, see `strip`. A message of which nothing remains is rejected.
        dated: Whether the date is needed. It is the number that is the file's name: a news server numbers the messages
            of a group as they come in, and the headers of the by-date distribution have no dates. A message whose name
            is no number is rejected.
    """
    for file, row, name, content in _messages(piece) if piece.messages else _members(piece):
        if not _is_text(name):
            yield Rejection(_shown(file), row, f"{_shown(name)}: its name is not UTF-8, so that its label is not known")
            continue
        if isinstance(content, str):
            yield Rejection(file, row, content)
            continue
        path = PurePosixPath(name)
        key = f"{path.parent.name}/{path.name}"
        text = strip(content.decode(ENCODING), remove)
        if dated and not path.name.isdecimal():
            yield Rejection(file, row, f"{key}: its name is no number, so that its place in time is unknown")
        elif "\0" in text:
            yield Rejection(file, row, f"{key}: a NUL character, which is no text")
        elif text.strip():
            yield Row(key, text, path.parent.name, None, file, row, float(path.name) if dated else None)
        else:
            yield Rejection(file, row, f"{key}: no text" + (f" without {', '.join(remove)}" if remove else ""))


def group_folders(names: Iterable[str]) -> set[str]:
    """The folders that are groups: those with messages that have no other such folder inside."""
    folders = {folder_of(name) for name in names}
    above = {"", "."}
    for folder in folders:
        while (folder := folder_of(folder)) not in above:
            above.add(folder)
    return folders - above


def folder_of(name: str) -> str:
    """What is before the last slash of a path or address."""
    return name.rpartition("/")[0]


def stray(file: str, row: int, name: str) -> Rejection:
    """Rejects a file that lies beside the folders of the groups, so that it has no label."""
    return Rejection(file, row, stray_reason(name))


def stray_reason(name: str) -> str:
    """What is wrong with a file that lies beside the folders of the groups."""
    return f"{PurePosixPath(name).name}: not in a group's folder, so it has no label"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8, which Python keeps as lone surrogates
        return False
    return True


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _messages(piece: Piece) -> Iterator[tuple[str, int, str, bytes | str]]:
    for path in piece.messages:
        with open_binary(path) as stream:
            content = stream.read(MAX_MEMBER + 1)
        yield path, 1, path, content if len(content) <= MAX_MEMBER else f"{PurePosixPath(path).name}: {_TOO_LONG}"


def _members(piece: Piece) -> Iterator[tuple[str, int, str, bytes | str]]:
    """The messages of a tar file, nothing of which is written anywhere: names only become labels and ids.

    Gives file, number, name, and content, or why the member is left out. Hidden files are passed over, as in folders.
    """
    with _tar(piece.path) as members:
        folders = group_folders(member.name for member, _ in members if member.isfile() and not _is_hidden(member))
    row = 0
    with _tar(piece.path) as members:
        for member, tar in members:
            if not member.isdir() and not _is_hidden(member):
                row += 1
                yield piece.path, row, member.name, _content(member, tar, folders)


def _is_hidden(member: tarfile.TarInfo) -> bool:
    return PurePosixPath(member.name).name.startswith(".")


def _content(member: tarfile.TarInfo, tar: tarfile.TarFile, folders: Collection[str]) -> bytes | str:
    name = PurePosixPath(member.name).name
    if member.name.startswith("/") or ".." in PurePosixPath(member.name).parts:
        return f"{member.name!r}: its name leads out of the archive"
    if not member.isfile():
        kind = "a link" if member.issym() or member.islnk() else "a device, a pipe or another special file"
        return f"{name}: {kind}, not a message"
    if folder_of(member.name) not in folders:
        return stray_reason(member.name)
    if member.size > MAX_MEMBER:
        return f"{name}: {_TOO_LONG}"
    content = tar.extractfile(member)
    return content.read() if content else b""


@contextmanager
def _tar(path: str) -> Iterator[Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]]:
    with open_binary(path) as stream, tarfile.open(fileobj=cast(BinaryIO, _Limited(stream, path)), mode="r:") as tar:
        yield _walk(tar, path)


def _walk(tar: tarfile.TarFile, path: str) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    number = 0
    while (member := tar.next()) is not None:
        number += 1
        if number > MAX_MEMBERS:
            raise DataError(f"{path}: has more than {MAX_MEMBERS:,} members; divide it into several files")
        yield member, tar
        cast(Any, tar).members.clear()  # which it would keep


class _Limited:
    """A stream of which nobody may read much at once, as a header in a tar file can ask for."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self._stream = stream
        self._path = path
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= 2 * MAX_MEMBER:
            raise DataError(f"{self._path}: a header in it has more than {shown(MAX_MEMBER)}; is this a tar file?")
        return self._stream.read(size)
