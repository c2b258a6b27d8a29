"""What ML Metadata keeps of a run beside its nodes: when it started, what it set out to do, how it ended.

TFX records nodes only, so a run that was killed between two of them would look like one that ended there. The record
is a set of custom properties of the run's context.
"""

import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic

if TYPE_CHECKING:
    from ml_metadata import metadata_store

RUN_CONTEXT = "pipeline_run"
ENDED, REFUSED, FAILED, STOPPED, TIMED_OUT = "ended", "refused", "failed", "stopped", "timed out"
_PROPERTY = "tfx_bert_run"


class Record(pydantic.BaseModel):
    """The record of a run.

    Attributes:
        pipeline: The pipeline's name.
        root: Folder of all runs.
        host: Name of the machine.
        log: The log file.
        nodes: All nodes of the pipeline, in order.
        started: Seconds since the epoch.
        ended: The same; None while the run works, and for ever if it was killed.
        how: One of `ENDED`, `REFUSED`, `FAILED`, `STOPPED` and `TIMED_OUT`; empty until then.
    """

    pipeline: str
    root: str
    host: str
    log: str
    nodes: list[str]
    started: float
    ended: float | None = None
    how: str = ""


def begin(
    store: "metadata_store.MetadataStore", run_id: str, pipeline: str, root: Path, log: Path, nodes: Sequence[str]
) -> None:
    """Records that a run starts.

    Args:
        store: ML Metadata.
        run_id: The run's id, which no other run has.
        pipeline: The pipeline's name.
        root: Folder of all runs.
        log: The log file.
        nodes: All nodes of the pipeline, in order.
    """
    from ml_metadata.proto import metadata_store_pb2 as pb

    record = Record(
        pipeline=pipeline, root=str(root), host=socket.gethostname(), log=str(log), nodes=list(nodes),
        started=time.time(),
    )  # fmt: skip
    kind = store.put_context_type(pb.ContextType(name=RUN_CONTEXT), can_add_fields=True, can_omit_fields=True)
    context = pb.Context(type_id=kind, name=run_id)
    _write(context, record)
    store.put_contexts([context])


def end(store: "metadata_store.MetadataStore", run_id: str, how: str) -> None:
    """Records how a run ended; nothing if it never began.

    Args:
        store: ML Metadata.
        run_id: The run's id.
        how: See `Record.how`.
    """
    context = store.get_context_by_type_and_name(RUN_CONTEXT, run_id)
    record = read(context) if context else None
    if record:
        _write(context, record.model_copy(update={"ended": time.time(), "how": how}))
        store.put_contexts([context])


def read(context: Any) -> Record | None:
    """The record in a run's context; None if it has none, as those of earlier versions and of Kubeflow."""
    if _PROPERTY not in context.custom_properties:
        return None
    return Record.model_validate(json.loads(context.custom_properties[_PROPERTY].string_value))


def unused_id(store: "metadata_store.MetadataStore", wanted: str) -> str:
    """A run id that no run has: the wanted one, or one with a number behind it."""
    run_id, number = wanted, 1
    while store.get_context_by_type_and_name(RUN_CONTEXT, run_id):
        number += 1
        run_id = f"{wanted}-{number}"
    return run_id


def _write(context: Any, record: Record) -> None:
    context.custom_properties[_PROPERTY].string_value = record.model_dump_json()
