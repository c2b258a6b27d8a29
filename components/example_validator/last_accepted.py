"""Finds the statistics of the data that passed the gate last, other than those at hand."""

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy

from components import files
from components.data_gate.verdict_file import KEY, STATISTICS_ID


class LastAccepted(ResolverStrategy):
    """Goes by the verdicts of a DataGate: data that it refused has none, and so nothing is ever compared with it."""

    def __init__(self, key: str) -> None:
        """Keeps the parameter.

        Args:
            key: The gate's key in the configuration.
        """
        self._key = key

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """See the base class.

        Args:
            store: Not asked.
            input_dict: ``statistics``: all there are; ``verdict``: all there are; ``current``: those at hand, which a
                run that repeats another may have accepted before.

        Returns:
            The same keys: ``statistics`` and ``verdict`` with one artifact, or none.
        """
        current = {artifact.id for artifact in input_dict["current"]}
        others = [artifact for artifact in input_dict["statistics"] if artifact.id not in current]
        statistics = {artifact.id: artifact for artifact in others if files.is_there(artifact.uri)}
        for verdict in sorted(input_dict["verdict"], key=lambda artifact: artifact.id, reverse=True):
            judged = verdict.get_int_custom_property(STATISTICS_ID)
            if verdict.get_string_custom_property(KEY) == self._key and judged in statistics:
                return {**input_dict, "statistics": [statistics[judged]], "verdict": [verdict]}
        return {**input_dict, "statistics": [], "verdict": []}
