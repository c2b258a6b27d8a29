"""Finds the examples of the spans before one, of those that passed the gate."""

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common.resolver import ResolverStrategy

from components import files
from components.data_gate.verdict_file import EXAMPLES_ID, KEY
from components.window.choosing import choose


class EarlierSpans(ResolverStrategy):
    """TFX's SpanRangeStrategy, but a span that the gate refused does not count: the one before it is taken instead."""

    def __init__(self, key: str, count: int) -> None:
        """Keeps the parameters.

        Args:
            key: The gate's key in the configuration.
            count: How many spans at most.
        """
        self._key, self._count = key, count

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """See the base class.

        Args:
            store: Not asked.
            input_dict: ``examples``: all there are; ``verdict``: all there are; ``current``: those at hand.

        Returns:
            The same keys: ``examples`` with those of at most so many spans, the oldest first, and their verdicts.
        """
        (current,) = input_dict["current"]
        examples = {artifact.id: artifact for artifact in input_dict["examples"]}
        accepted = [
            (judged.span, (judged, verdict))
            for verdict in sorted(input_dict["verdict"], key=lambda artifact: artifact.id)
            if verdict.get_string_custom_property(KEY) == self._key
            and (judged := examples.get(verdict.get_int_custom_property(EXAMPLES_ID)))
        ]
        chosen = choose(accepted, current.span, self._count, lambda pair: files.is_folder(pair[0].uri)).values()
        return {**input_dict, "examples": [one for one, _ in chosen], "verdict": [verdict for _, verdict in chosen]}
