"""Makes TFX's cache forget pushes that no longer stand.

A cached Pusher does nothing. If its version was removed by hand, or another model was pushed after it, the
model of the run would not be the one that is served, and the run would still say "nothing new to push". TFX
takes a cached execution only while its output directories exist, so removing the directory of such a
PushedModel makes the Pusher run again; what it knew stays in ML Metadata.
"""

import functools
import json
import shutil
from pathlib import Path

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
    forgotten = []
    served = functools.cache(newest_version)
    for record in sorted(pusher_root.glob(f"pushed_model/*/{RECORD_FILE}")):
        content = json.loads(record.read_text(encoding="utf-8"))
        if content.get("withdrawn") or (
            content["pushed"] and served(content["path"].rpartition("/")[0]) != content["version"]
        ):
            shutil.rmtree(record.parent)
            forgotten.append(record.parent)
    return forgotten
