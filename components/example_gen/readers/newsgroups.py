"""20 Newsgroups: a message a file in Latin-1, a folder a group; loose or in a tar file."""

import re
import tarfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from components.example_gen import files
from components.example_gen.rows import Piece, Rejection, Row

ENCODING = "latin-1"
TAR_SUFFIXES = (".tar.gz", ".tgz", ".tar")
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
        if content is None:
            yield stray(file, row, name)
            continue
        path = PurePosixPath(name)
        key = f"{path.parent.name}/{path.name}"
        text = strip(content.decode(ENCODING), remove)
        if dated and not path.name.isdecimal():
            yield Rejection(file, row, f"{key}: its name is no number, so that its place in time is unknown")
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
    return Rejection(file, row, f"{PurePosixPath(name).name}: not in a group's folder, so it has no label")


def _messages(piece: Piece) -> Iterator[tuple[str, int, str, bytes | None]]:
    for path in piece.messages:
        with files.open_binary(path) as stream:
            yield path, 1, path, stream.read()


def _members(piece: Piece) -> Iterator[tuple[str, int, str, bytes | None]]:
    with files.open_binary(piece.path) as stream, tarfile.open(fileobj=stream) as tar:
        members = [member for member in tar if member.isfile() and not PurePosixPath(member.name).name.startswith(".")]
        folders = group_folders(member.name for member in members)
        for row, member in enumerate(members, 1):
            in_group = folder_of(member.name) in folders
            content = tar.extractfile(member) if in_group else None
            yield piece.path, row, member.name, content.read() if content else None
