"""The artifact types that TFX does not have; each is a directory."""

from tfx.types import artifact


class Tokenizer(artifact.Artifact):
    """A directory that ``AutoTokenizer.from_pretrained`` loads, with ``text_graph.json`` beside it."""

    TYPE_NAME = "Tokenizer"


class Backbone(artifact.Artifact):
    """An encoder: a directory that ``TFAutoModel.from_pretrained`` loads, tokenizer included."""

    TYPE_NAME = "Backbone"


class Features(artifact.Artifact):
    """Frozen encoder outputs as gzip TFRecords of ``tf.Example``, a folder ``Split-NAME`` a split."""

    TYPE_NAME = "Features"
    PROPERTIES = {"split_names": artifact.Property(type=artifact.PropertyType.STRING)}


class DataVerdict(artifact.Artifact):
    """What DataGate decided about a set of Examples: ``verdict.json``."""

    TYPE_NAME = "DataVerdict"


class MaskedModelBlessing(artifact.Artifact):
    """TFX's ModelBlessing for a masked language model.

    A type of its own, so that who looks for the last blessed classifier, which goes by type, finds classifiers only.
    """

    TYPE_NAME = "MaskedModelBlessing"


class TokenStatistics(artifact.Artifact):
    """What a tokenizer made of a set of Examples: ``token_statistics.json``, figures by split."""

    TYPE_NAME = "TokenStatistics"


class Report(artifact.Artifact):
    """A run, told to a person: ``report.html`` and ``model_card.md``."""

    TYPE_NAME = "Report"
