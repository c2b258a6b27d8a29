"""Which versions a serving directory holds, and which of them is served: everything that asks, asks here.

TF Serving reads a child's name as a 64-bit number (`safe_strto64` in its ``file_system_storage_path_source.cc``) and
serves the greatest that loads. A version counts here when it is whole; half-copied ones are passed over.
"""

import dataclasses
import re

from components import files
from components.pusher.whole import why_incomplete, why_unfit

LARGEST = (1 << 63) - 1
_NUMBER = re.compile(r"[ \t\n\v\f\r]*(-?[0-9]{1,1000})[ \t\n\v\f\r]*", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Version:
    """A version in a serving directory.

    Attributes:
        number: Its number.
        path: Where it is; `number` as TF Serving reads the last part, which may be ``007``.
        problem: Why it cannot be served; empty if it is whole.
    """

    number: int
    path: str
    problem: str = ""


def version_number(name: str) -> int | None:
    """The number that TF Serving reads from a name; None if it passes it over.

    Example:
        >>> [version_number(name) for name in ("7", "007", " 7", "-1", "+7", "v7", "７", str(1 << 63))]
        [7, 7, 7, -1, None, None, None, None]
    """
    found = _NUMBER.fullmatch(name)
    number = int(found[1]) if found else None
    return number if number is not None and -LARGEST - 1 <= number <= LARGEST else None


def numbered(directory: str) -> list[Version]:
    """What TF Serving takes for versions, oldest first, whatever is in them.

    Args:
        directory: Local or remote; none are in it if it is not there.

    Raises:
        StoreError: If it cannot be asked.
    """
    root = directory.rstrip("/")
    named = {name: number for name in files.list_names(root) if (number := version_number(name)) is not None}
    found: dict[int, Version] = {}
    for name in sorted(named, key=lambda name: (name != str(named[name]), name)):  # 7 before 007
        number, path = named[name], f"{root}/{name}"
        if number in found:
            problem = f"{found[number].path} is version {number} too: TF Serving may take either; remove one"
            found[number] = dataclasses.replace(found[number], problem=found[number].problem or problem)
        elif (there := files.look(path)) is not None:  # else it went meanwhile
            found[number] = Version(number, path, "it is a file, not a folder" if there.kind == "file" else "")
    return [found[number] for number in sorted(found)]


def find_versions(directory: str) -> list[Version]:
    """The versions in a serving directory, oldest first, those that cannot be served too.

    Args:
        directory: Local or remote; none are in it if it is not there.

    Raises:
        StoreError: If it cannot be asked.
    """
    found = [
        one if one.problem else dataclasses.replace(one, problem=why_incomplete(one.path))
        for one in numbered(directory)
    ]
    for place in reversed(range(len(found))):  # the newest that is fit is served; older ones are not read whole
        if not found[place].problem:
            found[place] = dataclasses.replace(found[place], problem=why_unfit(found[place].path))
            if not found[place].problem:
                break
    return found


def whole_versions(directory: str) -> list[Version]:
    """The versions that can be served, oldest first."""
    return [version for version in find_versions(directory) if not version.problem]


def served_version(directory: str) -> Version | None:
    """The version that is served: the greatest that is whole; None if there is none.

    Args:
        directory: The serving directory, local or remote.

    Raises:
        StoreError: If it cannot be asked.
    """
    newest_first = reversed(numbered(directory))
    return next((one for one in newest_first if not one.problem and not why_unfit(one.path)), None)
