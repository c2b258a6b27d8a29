"""What names may look like, here and where compiled pipelines run: length and alphabet, each said by itself."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A kind of name.

    Attributes:
        most: Characters, at most.
        pattern: All of it, whatever its length.
        words: What the pattern says, for people.
        least: Characters, at least.
    """

    most: int
    pattern: str
    words: str
    least: int = 1

    def problem(self, text: str) -> str | None:
        """What is wrong with a name; None if nothing is."""
        shown = repr(text) if len(text) <= 60 else f"{text[:60]!r}..."
        if len(text) > self.most:
            return f"{shown} has {len(text)} characters: {self.most} are the most"
        if len(text) < self.least:
            return f"{shown} has {len(text)} characters: {self.least} are the least"
        if not re.fullmatch(self.pattern, text, re.ASCII):
            return f"{shown}: {self.words}"
        return None


# The run's files are called after it: NAME-20261201-093000.log. File systems take 255, databases of metadata too,
# where the name of a node comes after it.
PIPELINE = Form(
    200,
    r"[A-Za-z0-9][A-Za-z0-9_-]*",
    "it must be letters, digits, hyphens and underscores, with a letter or digit first",
)
_LOWER = r"[a-z][-a-z0-9]*"
_LOWER_WORDS = "there it must be a letter, then letters, digits, hyphens, all lower-case"
# Vertex AI's id of a job has 128 characters, of which a hyphen and the time of the run take 15.
VERTEX_PIPELINE = Form(113, _LOWER, _LOWER_WORDS)
KUBEFLOW_PIPELINE = Form(128, _LOWER, _LOWER_WORDS)  # its database has columns of that width

# https://cloud.google.com/vertex-ai/docs/general/labels
LABEL_KEY = Form(
    63, r"[a-z][a-z0-9_-]*", "a label's key is a letter, then letters, digits, hyphens and underscores, all lower-case"
)
LABEL_VALUE = Form(
    63, r"[a-z0-9_-]*", "a label's value is lower-case letters, digits, hyphens and underscores", least=0
)
MOST_LABELS = 64

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_KUBERNETES = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_KUBERNETES_WORDS = (
    "Kubernetes takes letters, digits, hyphens, underscores and dots, with a letter or digit at both ends"
)
KUBERNETES_NAME = Form(63, _KUBERNETES, _KUBERNETES_WORDS)
KUBERNETES_VALUE = Form(63, f"({_KUBERNETES})?", _KUBERNETES_WORDS, least=0)
KUBERNETES_PREFIX = Form(
    253,
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    "what is before the / is a domain: lower-case letters, digits, hyphens and dots",
)

BUCKET = Form(
    222,
    r"[a-z0-9][a-z0-9._-]*[a-z0-9]",
    "a bucket's name is lower-case letters, digits, hyphens, underscores and dots, with a letter or digit at both ends",
    least=3,
)
_PART_OF_AN_IMAGE = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
IMAGE = Form(
    500,
    rf"([A-Za-z0-9.-]+(:\d{{1,5}})?/)?{_PART_OF_AN_IMAGE}(/{_PART_OF_AN_IMAGE})*"
    r"(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    "an image is called HOST/PATH:TAG, the path in lower-case letters, such as ghcr.io/me/tfx-bert:1",
)
PROJECT = Form(100, r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|\d+", "write it like my-project")
REGION = Form(40, r"[a-z]+-[a-z]+\d+", "write it like europe-west4")
SERVICE_ACCOUNT = Form(320, r"[^@\s]+@[^@\s]+\.[^@\s]+", "write it like runner@my-project.iam.gserviceaccount.com")
NETWORK = Form(
    200, r"projects/[^/\s]+/global/networks/[^/\s]+", "write it like projects/1234567/global/networks/default"
)
KMS_KEY = Form(
    400,
    r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+",
    "write it like projects/my-project/locations/europe-west4/keyRings/my-ring/cryptoKeys/my-key",
)
MACHINE_TYPE = Form(63, r"[a-z]\w*(-[a-z0-9]+)+", "that is no machine type, such as n1-standard-16")
TPU_TOPOLOGY = Form(20, r"\d+x\d+(x\d+)?", "write it like 2x2")


def label_key_problem(text: str) -> str | None:
    """What is wrong with the key of a Kubernetes label, or the name of a resource: ``NAME`` or ``DOMAIN/NAME``."""
    prefix, slash, name = text.rpartition("/")
    return (KUBERNETES_PREFIX.problem(prefix) if slash else None) or KUBERNETES_NAME.problem(name)
