"""Finding and fingerprinting input files, on this machine or on an object store.

Paths with a scheme (``gs://bucket/data``) go through TensorFlow's filesystems; TensorFlow is imported only for them.
"""

import difflib
import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from components import files as storage
from components.errors import DataError
from components.example_gen.opening import check_regular
from components.fingerprint import ROOT

PACKAGE_PREFIX = "package:"  # before a path that starts where the packages are, such as pipeline/demo/corpus.txt


@dataclass(frozen=True)
class InputFile:
    """A file and what tells that it has changed: size in bytes, time of change in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


def find(pattern: str, suffixes: Sequence[str] = ("",), recursive: bool = False) -> list[InputFile]:
    """Lists the files that a path, directory or glob stands for.

    A directory stands for its files with one of the suffixes. Hidden files, whose names start with a dot, are left out
    unless the path names one outright.

    Args:
        pattern: Path of a file or directory, or a glob that may match both; with `PACKAGE_PREFIX` one of the package.
        suffixes: Endings of file names to take from directories, in small letters; names may have capitals.
        recursive: Whether to go down into sub-directories.

    Returns:
        The files, sorted by path.

    Raises:
        DataError: If nothing is there, a directory has no file with such a suffix, or what is found is no regular file.
    """
    if pattern.startswith(PACKAGE_PREFIX):
        pattern = str(in_package(pattern))
    paths = list_matches(pattern)
    if not paths:
        raise DataError(f"{pattern}: {_why_nothing(pattern)}")
    found: dict[str, InputFile] = {}
    for path in paths:
        inside = list(_walk(path, recursive)) if _is_dir(path) else [path]
        named = [name for name in inside if name == path or name.lower().endswith(tuple(suffixes))]
        chosen = [name for name in named if name == pattern or _visible(name)]
        if not chosen and len(paths) == 1:
            names = ", ".join(sorted(PurePath(name).name for name in inside)[:10]) or "nothing"
            raise DataError(f"{path}: has no file named *{' or *'.join(suffixes)}; it holds {names}")
        found.update((name, _stat(name)) for name in chosen)
    if not found:
        raise DataError(f"{pattern}: what matches has no file named *{' or *'.join(suffixes)}")
    return [found[name] for name in sorted(found)]


def in_package(path: str) -> Path:
    """The file that a path with `PACKAGE_PREFIX` means, on the machine where this is asked."""
    return ROOT / path.removeprefix(PACKAGE_PREFIX)


def fingerprint(files: Iterable[InputFile]) -> str:
    """Tells a set of files from any other, by their names, sizes and times of change.

    Args:
        files: What `find` returned.

    Returns:
        For example ``"2 files, 30,512 bytes, sha256 5f0c…"``.
    """
    files = sorted(files, key=lambda file: file.path)
    lines = "".join(f"{file.path}\t{file.size}\t{file.mtime_ns}\n" for file in files)
    digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{len(files)} files, {sum(file.size for file in files):,} bytes, sha256 {digest}"


def unique_names(paths: Iterable[str]) -> dict[str, str]:
    """Gives every path the shortest end of itself, in whole parts, that no other path shares.

    Example:
        >>> unique_names(["/a/x/1.csv", "/a/y/1.csv", "/a/y/2.csv"])
        {'/a/x/1.csv': 'x/1.csv', '/a/y/1.csv': 'y/1.csv', '/a/y/2.csv': '2.csv'}
    """
    names: dict[str, str] = {}
    todo, depth = list(dict.fromkeys(paths)), 1
    while todo:
        ends: dict[str, list[str]] = {}
        for path in todo:
            ends.setdefault("/".join(PurePath(path).parts[-depth:]), []).append(path)
        todo = []
        for end, sharing in ends.items():
            whole = depth >= max(len(PurePath(path).parts) for path in sharing)
            if len(sharing) == 1 or whole:
                names.update((path, end) for path in sharing)
            else:
                todo += sharing
        depth += 1
    return names


def nearest(name: str, names: Iterable[str]) -> str:
    """``" (did you mean 'text'?)"`` for the name that is most like a wrong one, or an empty string."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _why_nothing(pattern: str) -> str:
    """Says which part of a path is the first that does not exist, and what is there instead."""
    if storage.is_remote(pattern):
        return "no such file or directory"
    parts = Path(pattern).parts
    for depth in range(1, len(parts) + 1):
        here, part = Path(*parts[:depth]), parts[depth - 1]
        if glob.has_magic(part):
            return "the pattern matches no file"
        if not here.exists():
            there = sorted(os.listdir(here.parent)) if here.parent.is_dir() else []
            return f"{here.parent} has no {part!r}{nearest(part, there)}"
    return "no such file or directory"


def list_matches(pattern: str) -> list[str]:
    """The paths that a pattern matches, or the path that it is; none if nothing is there."""
    if storage.is_remote(pattern):
        return [pattern] if storage.is_there(pattern) else storage.list_matches(pattern)
    return [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern, recursive=True))


def _is_dir(path: str) -> bool:
    return storage.is_folder(path)


def _walk(directory: str, recursive: bool) -> Iterator[str]:
    for folder, folders, names in storage.walk(directory) if storage.is_remote(directory) else os.walk(directory):
        folders[:] = [name for name in folders if recursive and _visible(name)]
        yield from (f"{folder.rstrip('/')}/{name}" for name in names)
        if not recursive:
            return


def _visible(path: str) -> bool:
    return not path.rpartition("/")[2].startswith(".")


def _stat(path: str) -> InputFile:
    if storage.is_remote(path):
        found = storage.look(path)
        if found is None:
            raise DataError(f"{path}: went while it was looked at")
        return InputFile(path, found.size, found.mtime_ns)
    try:
        local = os.stat(path)
    except OSError as error:
        link = f", a link to {os.readlink(path)}," if os.path.islink(path) else ""
        raise DataError(f"{path}{link}: cannot be read: {error.strerror}") from None
    check_regular(path, local.st_mode)
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(f"{path!r}: its name is not UTF-8, and names become ids of rows; rename it") from None
    return InputFile(path, local.st_size, local.st_mtime_ns)
