"""Refuses SavedModels whose graph reaches outside of the model: a SavedModel is a program, and TensorFlow runs it.

What runs when a model is loaded and asked is followed from its signatures, from what initializes it and from what
restores its variables; other functions, such as the one that saves it again, never run.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from components.errors import DataError
from components.pusher.graph_digest import node_name, tensor_names

_RESTORE = {"RestoreV2"}  # how a model reads its own variables
_FILES = {
    "ReadFile", "WriteFile", "MatchingFiles", "MatchingFilesDataset", "Save", "SaveSlices", "SaveV2", "Restore",
    "RestoreSlice", "MergeV2Checkpoints", "WholeFileReader", "TextLineReader", "TFRecordReader", "LMDBReader",
    "FixedLengthRecordReader", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset", "SSTableDataset",
    "LMDBDataset", "SqlDataset", "CacheDataset", "SaveDataset", "DistributedSave", "LoadDataset", "SnapshotDataset",
    "SnapshotDatasetReader", "SnapshotChunkDataset", "ListSnapshotChunksDataset", "GenerateVocabRemapping",
    "LoadAndRemapMatrix", "SummaryWriter", "CreateSummaryFileWriter", "CreateSummaryDbWriter", "ImportEvent",
    "DebugIdentity", "DebugNanCount", "DebugNumericSummary", "DumpTensor", "Copy", "CopyHost", "CSVDataset",
    "DatasetToTFRecord",
    "InitializeTableFromTextFile", "RecordInput", "Skipgram", "DTensorRestore", "InitializeTRTResource",
    "SerializeTRTResource", "CalibrationStatisticsSaver",
}  # fmt: skip
_NETWORK = {
    "RemoteCall", "Rpc", "TryRpc", "RegisterDataset", "DataServiceDataset", "BigQueryReader",
    "GenerateBigQueryReaderPartitions", "RpcClient", "RpcServer", "RpcServerStart", "RpcServerRegister", "RpcCall",
}  # fmt: skip
_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
_REASONS = {
    **dict.fromkeys(_FILES | _RESTORE, "reads or writes files"),
    **dict.fromkeys(_NETWORK, "uses the network"),
    **dict.fromkeys(_PYTHON, "calls Python"),
    "DatasetFromGraph": "runs a graph that it hides in a string",
    "Abort": "ends the process",
    **dict.fromkeys(("XlaCustomCall", "XlaCallModule", "TfLiteSubgraphExecute"), "calls code outside of TensorFlow"),
    "FileSystemSetConfiguration": "changes how files are read",
}
_FILE_ATTRIBUTES = {  # what else they may hold is no file
    "DecodeProto": ("descriptor_source", (b"", b"local://")),
    "EncodeProto": ("descriptor_source", (b"", b"local://")),
    "FixedUnigramCandidateSampler": ("vocab_file", (b"",)),
}
_VARIANT = re.compile(r"^Experimental|V\d+$")
_PRINT, _STREAM = "PrintV2", "output_stream"
_IMPLEMENTS = "api_implements"  # TensorFlow's optimizer calls whichever of such functions suits the device
_INIT_OP = "__saved_model_init_op"
_INIT_COLLECTIONS = ("saved_model_main_op", "legacy_init_op")


class OutsideOpError(DataError):
    """A graph holds an operation that reaches outside of its model."""


def check_ops(model: Any, path: str) -> None:
    """Makes sure that what a model runs stays inside of it.

    Args:
        model: A ``SavedModel`` message.
        path: Its directory, for the message.

    Raises:
        OutsideOpError: If it would read or write other files, use the network or call Python; the message names the
            operation.
    """
    for graph in model.meta_graphs:
        _check(_executed(graph, _roots(graph)), set(), path)
        _check(_executed(graph, [graph.saver_def.restore_op_name]), _RESTORE, path)


def _check(nodes: Iterable[Any], allowed: set[str], path: str) -> None:
    for node in nodes:
        if node.op not in allowed and (reason := _reason(node)):
            raise OutsideOpError(
                f"{path}: its operation {node.op} ({node.name}) {reason}, so it is not loaded; take a model that you "
                "trust"
            )


def _reason(node: Any) -> str | None:
    if node.op == _PRINT:
        return "writes files" if node.attr[_STREAM].s.startswith(b"file:") else None
    op = _VARIANT.sub("", node.op)
    attribute, harmless = _FILE_ATTRIBUTES.get(op, ("", ()))
    if attribute and node.attr[attribute].s not in harmless and not node.attr[attribute].s.startswith(b"bytes://"):
        return "reads or writes files"
    return _REASONS.get(node.op) or _REASONS.get(op)


def _roots(graph: Any) -> Iterator[str]:
    for name, signature in graph.signature_def.items():
        outputs = signature.outputs.values()
        yield from (part for info in outputs for part in tensor_names(info))
        if name == _INIT_OP:
            yield from (info.name for info in outputs)
    for key in _INIT_COLLECTIONS:
        if key in graph.collection_def:
            yield from graph.collection_def[key].node_list.value


def _executed(graph: Any, roots: Iterable[str]) -> Iterable[Any]:
    """The nodes that the roots need, those of functions included.

    A function is taken whole: what no output of it needs may run for its effect.
    """
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    alike = _alike(functions)
    nodes = {node.name: node for node in graph.graph_def.node}
    found: dict[tuple[str, str], Any] = {}  # by function and name; the graph's own are those of the function ""
    todo = [("", nodes[name]) for root in roots if (name := node_name(root)) in nodes]
    entered: set[str] = set()
    while todo:
        function, node = todo.pop()
        if (function, node.name) in found:
            continue
        found[function, node.name] = node
        if not function:
            todo += [("", nodes[name]) for one in node.input if (name := node_name(one)) in nodes]
        for name in {same for called in _called(node) for same in alike.get(called, ())} - entered:
            entered.add(name)
            todo += [(name, inner) for inner in functions[name].node_def]
    return found.values()


def _alike(functions: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each function those that may run in its place, itself among them."""
    of_api: dict[bytes, set[str]] = defaultdict(set)
    for name, function in functions.items():
        if _IMPLEMENTS in function.attr:
            of_api[function.attr[_IMPLEMENTS].s].add(name)
    return {
        name: {name, *(of_api[function.attr[_IMPLEMENTS].s] if _IMPLEMENTS in function.attr else ())}
        for name, function in functions.items()
    }


def _called(node: Any) -> Iterator[str]:
    yield node.op  # a function may stand in the place of an operation
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func.name
        yield from (one.name for one in value.list.func)
