"""What a runner tells whoever watches a run."""

import dataclasses
from typing import Protocol


@dataclasses.dataclass(frozen=True)
class NodeResult:
    """What became of a node.

    Attributes:
        node: The node's id in the DAG.
        seconds: Wall-clock time that it took, the look-up in the cache included.
        cached: Whether an earlier execution's outputs were taken.
        execution_id: Its execution in ML Metadata; 0 for nodes that have none.
    """

    node: str
    seconds: float
    cached: bool
    execution_id: int


class Observer(Protocol):
    """Who is told about the progress of a run."""

    def node_started(self, node: str) -> None:
        """A node begins."""

    def node_finished(self, result: NodeResult) -> None:
        """A node has ended well."""

    def node_ended(self, how: str) -> None:
        """The running node, if there is one, has not ended well; ``how`` is, for example, "failed"."""
