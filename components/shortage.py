"""Errors that say "no memory" or "no space on the disk", each library in its own words."""

import errno
import math
import re

from components.errors import causes
from components.memory import host_limits, readable

# Their classes say nothing: what is thrown in C++ arrives as RuntimeError or as an error of the library.
_TEXTS = (
    "out of memory",
    "oom when allocating",
    "bad_alloc",
    "cannot allocate memory",
    "unable to allocate",
    "malloc of",
)
_NAMES = {"MemoryError", "ResourceExhaustedError", "ArrowMemoryError"}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DISK_TEXTS = ("no space left on device", "database or disk is full", "disk quota exceeded", "file too large")
_SIZES = {"half": 2, "bfloat16": 2, "float": 4, "double": 8, "int32": 4, "int64": 8, "bool": 1, "uint8": 1}
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50, "e": 2**60}
_TENSOR = re.compile(r"allocating tensor with shape\[([\d,]*)\] and type (\w+)")
_BYTES = re.compile(
    r"(?:allocat\w*|malloc of(?: size)?|requested) ([\d.]+) ?([kmgtpe]?)i?(?:b\b|bytes?)?", re.IGNORECASE
)
_KILL = 9  # the signal of the kernel's OOM killer


def lacks_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised because of, says that memory does not suffice."""
    return _cause(error) is not None


def lacks_space(error: BaseException) -> bool:
    """Whether an error, or one that it was raised because of, says that the disk is full.

    Beam and TensorFlow keep only the text of what the system said.
    """
    return any(
        getattr(one, "errno", None) in _DISK_FULL or any(known in str(one).lower() for known in _DISK_TEXTS)
        for one in causes(error)
    )


def out_of_memory(error: BaseException) -> str:
    """Says what was asked for and what there is, for example ``out of memory: 268 MB were asked for, ...``.

    Args:
        error: One that `lacks_memory`.
    """
    asked = bytes_asked(str(_cause(error) or error))
    what = f"{readable(asked)} were asked for" if asked else "memory was asked for"
    return f"out of memory: {what}, and there are {_there()}"


def killed(exit_status: int) -> str | None:
    """What to say of a child process that the kernel may have killed to get its memory.

    Args:
        exit_status: As `subprocess` gives it: negative for a signal; or 128 and the signal, as shells count.

    Returns:
        None if it ended in another way.
    """
    if exit_status not in (-_KILL, 128 + _KILL):
        return None
    return f"a process was killed, as the system does when memory runs out; there are {_there()}"


def bytes_asked(text: str) -> int | None:
    """The number of bytes that a message names.

    Args:
        text: Of TensorFlow, XLA, NumPy or Arrow.

    Example:
        >>> bytes_asked("OOM when allocating tensor with shape[64,4,512,512] and type float on CPU:0")
        268435456
        >>> bytes_asked("Unable to allocate 1.50 GiB for an array with shape (402653184,)")
        1610612736
    """
    if tensor := _TENSOR.search(text):
        shape = [int(size) for size in tensor[1].split(",") if size]
        return math.prod(shape) * _SIZES.get(tensor[2], 4)
    found = _BYTES.search(text)
    return int(float(found[1]) * _UNITS[found[2].lower()]) if found else None


def _there() -> str:
    return str(min(host_limits(), key=lambda memory: memory.free))


def _cause(error: BaseException) -> BaseException | None:
    for one in causes(error):
        text = str(one).lower()
        named = type(one).__name__ in _NAMES and "no space left" not in text
        if named or getattr(one, "errno", None) == errno.ENOMEM or any(known in text for known in _TEXTS):
            return one
    return None
