"""A digest of what the signatures of a SavedModel compute, whatever its nodes and functions are called.

A tensor's digest is that of the operation that makes it, with its attributes and the digests of what goes in, back to
the inputs of the signature, to constants, and to variables, which go by their keys in the checkpoint. So no name, no
order and no number that TensorFlow gave while it traced plays a part, and what no signature needs does not either.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_RESTORE = "RestoreV2"
_INIT_OP, _TRAIN_OP = "__saved_model_init_op", "__saved_model_train_op"
_INIT_COLLECTIONS = ("saved_model_main_op", "legacy_init_op")
# Names, placement and the process's own settings; those that begin with an underscore are TensorFlow's notes to itself.
_NO_PART = ("shared_name", "container", "config_proto", "config", "executor_type", "debug_name")
_COMPILED = "_XlaMustCompile"  # changes how the last digits are rounded


class GraphDigest:
    """Digests of one meta graph."""

    def __init__(self, meta_graph: Any, assets: Mapping[str, str]) -> None:
        """Reads what is needed to follow the graph.

        Args:
            meta_graph: A ``MetaGraphDef``.
            assets: SHA-256 by name of the file in ``assets``.

        Raises:
            KeyError: If an asset of the graph is not there.
        """
        self._meta_graph = meta_graph
        graph = meta_graph.graph_def
        self._functions = {function.signature.name: function for function in graph.library.function}
        self._nodes = {node.name: node for node in graph.node}
        self._inlined: dict[tuple[str, tuple[str, ...]], tuple[list[str], str]] = {}
        self._known = {
            node_name(asset.tensor_info.name): _hash("asset", assets[asset.filename])
            for asset in meta_graph.asset_file_def
        }
        self._known |= {name: _hash("variable", key) for name, key in self._variables()}
        self._known |= self._tables()

    def as_json(self) -> dict[str, Any]:
        """What counts of the graph.

        Raises:
            KeyError: If the graph names nodes or functions that it does not have.
        """
        signatures = {
            name: self._signature(one)
            for name, one in self._meta_graph.signature_def.items()
            if name not in (_INIT_OP, _TRAIN_OP)
        }
        return {"tags": sorted(self._meta_graph.meta_info_def.tags), "signatures": signatures, "init": self._init()}

    def _signature(self, signature: Any) -> dict[str, Any]:
        inputs = {
            node_name(part): _hash("input", name, str(number))
            for name, info in signature.inputs.items()
            for number, part in enumerate(tensor_names(info))
        }
        graph = _Graph(self._nodes, self._known | inputs, self._node)
        return {
            "method": signature.method_name,
            "inputs": {name: _spec(info) for name, info in signature.inputs.items()},
            "outputs": {
                name: [_spec(info), *(graph.tensor(part) for part in tensor_names(info))]
                for name, info in signature.outputs.items()
            },
            "defaults": _defaults(signature),
        }

    def _init(self) -> str:
        """What runs when the model is loaded: tables are filled."""
        graph = _Graph(self._nodes, self._known, self._node)
        return _hash("init", *sorted(graph.tensor(f"^{name}") for name in self._init_nodes()))

    def _init_nodes(self) -> set[str]:
        found = {
            name
            for key in _INIT_COLLECTIONS
            for name in self._meta_graph.collection_def[key].node_list.value
            if key in self._meta_graph.collection_def
        }
        if _INIT_OP in self._meta_graph.signature_def:
            found |= {info.name for info in self._meta_graph.signature_def[_INIT_OP].outputs.values()}
        return {node_name(name) for name in found}

    def _variables(self) -> Iterator[tuple[str, str]]:
        """Nodes of variables with their keys in the checkpoint, as the function that restores them pairs them."""
        restore = self._nodes.get(node_name(self._meta_graph.saver_def.restore_op_name))
        if restore is None or restore.op not in _CALLS:
            return  # TensorFlow 1: variables go by their names, which are the keys
        function = self._functions[restore.attr["f"].func.name]
        handles = {
            argument.name: name for argument, name in zip(function.signature.input_arg, restore.input, strict=False)
        }
        nodes = {node.name: node for node in function.node_def}
        for node in function.node_def:
            if node.op == "AssignVariableOp" and node.input[0] in handles:
                value = node.input[1]
                while nodes[node_name(value)].op == "Identity":
                    value = nodes[node_name(value)].input[0]
                source = nodes[node_name(value)]
                if source.op == _RESTORE:
                    keys = nodes[node_name(source.input[1])].attr["value"].tensor.string_val
                    yield node_name(handles[node.input[0]]), keys[int(value.rpartition(":")[2])].decode()

    def _tables(self) -> dict[str, str]:
        """Nodes of tables with a digest of what fills them; without it all would look alike."""
        bare = {name: _hash("table", node.op) for name, node in self._nodes.items() if _is_table(node)}
        filled: dict[str, list[str]] = {name: [] for name in bare}
        for node in self._ancestors(self._init_nodes()):
            for table in {node_name(one) for one in node.input} & set(bare):
                known = self._known | bare | {table: _hash("this table")}
                filled[table].append(_Graph(self._nodes, known, self._node).tensor(f"^{node.name}"))
        return {
            name: _hash("table", self._attributes(self._nodes[name]), *sorted(made)) for name, made in filled.items()
        }

    def _ancestors(self, names: Iterable[str]) -> list[Any]:
        found: dict[str, Any] = {}
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = self._nodes[name]
                todo += [node_name(one) for one in found[name].input]
        return list(found.values())

    def _node(self, node: Any, inputs: list[str], controls: list[str]) -> tuple[str, list[str] | None]:
        """The digest of a node, and those of its outputs if they are known one by one."""
        if node.op in _CALLS:
            outputs, effects = self._call(node.attr["f"].func.name, tuple(inputs))
            after = _hash("after", effects, *controls)
            return _hash("call", *outputs, after), [_hash(output, after) for output in outputs]
        if node.op == "Assert":
            inputs = inputs[:1]  # the others are words for the message, with names of tensors
        if node.op in ("VarHandleOp", "VariableV2", "Placeholder"):
            inputs = [node.name]
        return _hash("node", self._attributes(node), *inputs, "controls", *controls), None

    def _call(self, name: str, arguments: tuple[str, ...]) -> tuple[list[str], str]:
        """Digests of what a function returns for such arguments, and of what else it does."""
        if (name, arguments) not in self._inlined:
            function = self._functions[name]
            names = [argument.name for argument in function.signature.input_arg]
            known = dict(zip(names, arguments, strict=False))
            graph = _Graph({node.name: node for node in function.node_def}, known, self._node)
            outputs = [graph.tensor(function.ret[output.name]) for output in function.signature.output_arg]
            effects = sorted({graph.tensor(f"^{node}") for node in function.control_ret.values()})
            self._inlined[name, arguments] = outputs, _hash("effects", *effects)
        return self._inlined[name, arguments]

    def _function(self, name: str) -> str:
        """The digest of a function that an operation takes, such as a branch of ``If``."""
        if name not in self._functions:
            return _hash("operation", name)
        count = len(self._functions[name].signature.input_arg)
        outputs, effects = self._call(name, tuple(_hash("argument", str(number)) for number in range(count)))
        return _hash("function", *outputs, effects)

    def _attributes(self, node: Any) -> str:
        kept = [name for name in sorted(node.attr) if name not in _NO_PART and (name[0] != "_" or name == _COMPILED)]
        return _hash(node.op, *(part for name in kept for part in (name, self._attribute(node.attr[name]))))

    def _attribute(self, value: Any) -> str:
        functions = [value.func] if value.HasField("func") else list(value.list.func)
        if functions:
            return _hash("functions", *(self._function(one.name) for one in functions))
        return _bytes_digest(value)


class _Graph:
    """The digests of the tensors of a graph or of a function's body."""

    def __init__(
        self,
        nodes: Mapping[str, Any],
        known: Mapping[str, str],
        digest: Callable[[Any, list[str], list[str]], tuple[str, list[str] | None]],
    ) -> None:
        """Keeps what a digest begins with.

        Args:
            nodes: ``NodeDef`` by name.
            known: Digests of what is not followed back any further, by name.
            digest: Gives the digest of a node, see `GraphDigest._node`.
        """
        self._nodes, self._known, self._digest = nodes, known, digest
        self._made: dict[str, tuple[str, list[str] | None]] = {}

    def tensor(self, reference: str) -> str:
        """The digest of what a reference such as ``node:1``, ``node:output:1`` or ``^node`` means."""
        self._make(node_name(reference))
        return self._resolve(reference)

    def _resolve(self, reference: str) -> str:
        name = node_name(reference)
        if name in self._known:
            return self._known[name]
        if name not in self._made:
            return _hash("a loop's own")  # a while loop of TensorFlow 1 goes back to what is under way
        whole, outputs = self._made[name]
        if reference.startswith("^"):
            return whole
        number = reference.rpartition(":")[2] if ":" in reference else "0"
        return outputs[int(number)] if outputs is not None else _hash(whole, reference.partition(":")[2] or "0")

    def _make(self, name: str) -> None:
        """Without recursion: a network is thousands of nodes deep."""
        stack, begun = [name], set()
        while stack:
            name = stack[-1]
            if name in self._known or name in self._made:
                stack.pop()
                continue
            node = self._nodes[name]
            if name not in begun:
                begun.add(name)
                inside = [node_name(one) for one in node.input]
                stack += [one for one in inside if one not in begun]
                continue
            stack.pop()
            inputs = [self._resolve(one) for one in node.input if not one.startswith("^")]
            controls = sorted({self._resolve(one) for one in node.input if one.startswith("^")})
            self._made[name] = self._digest(node, inputs, controls)


def _defaults(signature: Any) -> dict[str, str]:
    """What inputs are if a request leaves them out, which TensorFlow 2.16 does not know yet."""
    return {name: _bytes_digest(value) for name, value in getattr(signature, "default_inputs", {}).items()}


def _is_table(node: Any) -> bool:
    return "Table" in node.op and "Handle" not in node.op and not node.input


def tensor_names(info: Any) -> list[str]:
    """The tensors that one of a signature's inputs or outputs consists of: one, unless it is sparse or ragged."""
    if info.HasField("coo_sparse"):
        sparse = info.coo_sparse
        return [sparse.values_tensor_name, sparse.indices_tensor_name, sparse.dense_shape_tensor_name]
    if info.HasField("composite_tensor"):
        return [part for one in info.composite_tensor.components for part in tensor_names(one)]
    return [info.name]


def _spec(info: Any) -> str:
    return _hash("tensor", str(info.dtype), _bytes_digest(info.tensor_shape))


def node_name(reference: str) -> str:
    """The node that a reference such as ``node:1``, ``node:output:1`` or ``^node`` means."""
    return reference.removeprefix("^").partition(":")[0]


def _bytes_digest(message: Any) -> str:
    return hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(b"%d:" % len(encoded))
        digest.update(encoded)
    return digest.hexdigest()
