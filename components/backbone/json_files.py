"""Reads JSON files of other people's models: bounded, and with an error that names the file."""

import json
from pathlib import Path
from typing import Any

from components.errors import DataError

MOST_BYTES = 16 << 20
"""A larger file is refused unread: parsed, JSON takes up to thirty times its size in memory."""


def read_json(path: Path, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Reads a file that holds a JSON object.

    Args:
        path: A local file.
        most_bytes: Refuse a larger one.

    Returns:
        The object.

    Raises:
        DataError: If it is no regular file, too large, not UTF-8, no JSON, or something other than an object.
    """
    if not path.is_file():
        raise DataError(f"{path} is {'no regular file' if path.exists() else 'not there'}: copy it again, whole")
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise DataError(
                f"{path} has {size:,} bytes, but at most {most_bytes:,} are read: copy it again; no such file is larger"
            )
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check its permissions, or copy it again") from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise DataError(f"{path} is no JSON ({reason}): copy it again, whole") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} has a JSON {type(content).__name__} where an object is needed: copy it again, whole")
    return content
