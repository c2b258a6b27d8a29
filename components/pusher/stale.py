"""Makes TFX's cache forget pushes that no longer stand.

A cached Pusher does nothing. If its version was removed by hand, or another model was pushed after it, the
model of the run would not be the one that is served, and the run would still say "nothing new to push". TFX
takes a cached execution only while its output directories exist, so removing the directory of such a
PushedModel makes the Pusher run again; what it knew stays in ML Metadata.
"""

import functools
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from components.pusher.push import newest_version

RECORD_FILE = "pushed.json"


def forget_stale_pushes(pusher_root: Path) -> list[Path]:
    """Removes the records of pushes whose version is not the newest of its serving directory, and of withdrawn models.

    Args:
        pusher_root: Folder of one Pusher's artifacts, PIPELINE_ROOT/NODE; the records lie in
            ``pushed_model/ID`` below it. It need not be there.

    Returns:
        The directories removed.
    """
    served = functools.cache(newest_version)

    def is_stale(content: Mapping[str, Any]) -> bool:
        if content.get("withdrawn"):
            return True
        return content["pushed"] and served(content["path"].rpartition("/")[0]) != content["version"]

    return forget_records(pusher_root.glob(f"pushed_model/*/{RECORD_FILE}"), is_stale)


def forget_records(records: Iterable[Path], is_stale: Callable[[Mapping[str, Any]], bool]) -> list[Path]:
    """Removes the directories of records that no longer hold.

    Args:
        records: JSON files, each in a directory of its own.
        is_stale: Tells from the content of one.

    Returns:
        The directories removed.
    """
    stale = [record.parent for record in sorted(records) if is_stale(json.loads(record.read_text(encoding="utf-8")))]
    for folder in stale:
        shutil.rmtree(folder)
    return stale
