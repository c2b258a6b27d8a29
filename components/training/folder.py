"""Where a node keeps the checkpoints of its training: beside its artifacts, because each try gets new ones."""

import hashlib
import json
import posixpath

from components import files

FOLDER = "checkpoints"


def checkpoint_folder(output_uri: str, *key: object) -> str:
    """The folder of the checkpoints of one training.

    Args:
        output_uri: Any output artifact's folder, ``<node>/<output>/<execution>``; local or remote.
        key: All that the training depends on: configuration, code, inputs, number of replicas. Anything different gives
            another folder, so that no checkpoint is used for another training.

    Returns:
        A folder inside the node's; it need not be there.

    Example:
        >>> checkpoint_folder("gs://bucket/Pretrainer/backbone/7", "config", 1)
        'gs://bucket/Pretrainer/checkpoints/ebed48ac2ccd2eb3'
    """
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return posixpath.join(_checkpoints(output_uri), digest[:16])


def forget_checkpoints(output_uri: str) -> None:
    """Deletes all checkpoints of a node that has succeeded, those of other configurations too.

    Args:
        output_uri: Any output artifact's folder.
    """
    if files.is_there(_checkpoints(output_uri)):
        files.remove_folder(_checkpoints(output_uri))


def _checkpoints(output_uri: str) -> str:
    return posixpath.join(posixpath.dirname(posixpath.dirname(output_uri.rstrip("/"))), FOLDER)
