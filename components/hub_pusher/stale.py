"""Makes TFX's cache forget directories that are gone, as `components.pusher.stale` does with pushes."""

from pathlib import Path

from components import files
from components.hub_pusher.executor import RECORD_FILE
from components.pusher.stale import forget_records


def forget_stale_directories(hub_pusher_root: Path) -> list[Path]:
    """Removes the records of directories that are no longer there, so that the HubPusher writes them again.

    Args:
        hub_pusher_root: Folder of one HubPusher's artifacts, PIPELINE_ROOT/NODE; the records lie in ``published/ID``
            below it. It need not be there.

    Returns:
        The directories removed.
    """
    return forget_records(
        hub_pusher_root.glob(f"published/*/{RECORD_FILE}"),
        lambda content: any(Path(place).is_absolute() and not files.is_folder(place) for place in content["places"]),
    )
