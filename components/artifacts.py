"""The artifact types that TFX does not have; each is a directory.

Kubeflow's runner finds a type that is not TFX's own by its name, which must be ``PACKAGE.CLASS``: `components` passes
these names on.
"""

from tfx.types import artifact


class Tokenizer(artifact.Artifact):
    """A directory that ``AutoTokenizer.from_pretrained`` loads, with ``text_graph.json`` beside it."""

    TYPE_NAME = "components.Tokenizer"


class Backbone(artifact.Artifact):
    """An encoder: a directory that ``TFAutoModel.from_pretrained`` loads, tokenizer included."""

    TYPE_NAME = "components.Backbone"


class Features(artifact.Artifact):
    """Frozen encoder outputs of the train split, as gzip TFRecords; see `components.feature_gen.info`."""

    TYPE_NAME = "components.Features"


class DataVerdict(artifact.Artifact):
    """What DataGate decided about a set of Examples: ``verdict.json``."""

    TYPE_NAME = "components.DataVerdict"


class MaskedModelBlessing(artifact.Artifact):
    """TFX's ModelBlessing for a masked language model.

    A type of its own, so that who looks for the last blessed classifier, which goes by type, finds classifiers only.
    """

    TYPE_NAME = "components.MaskedModelBlessing"


class TokenStatistics(artifact.Artifact):
    """What a tokenizer made of a set of Examples: ``token_statistics.json``, figures by split."""

    TYPE_NAME = "components.TokenStatistics"


class Report(artifact.Artifact):
    """A run, told to a person: ``report.html`` and ``model_card.md``."""

    TYPE_NAME = "components.Report"
