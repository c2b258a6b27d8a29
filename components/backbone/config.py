"""The configuration section of the Backbone."""

from pydantic import Field

from components.base import Config


class BackboneConfig(Config):
    """Where a pretrained encoder comes from."""

    source: str = Field(
        min_length=1,
        description="A directory in Hugging Face's format, the name of a model on the Hub, for example "
        "sentence-transformers/all-MiniLM-L6-v2, or a directory with an original TF1 checkpoint of Google's BERT: "
        "bert_config.json, model.ckpt-N and vocab.txt or a SentencePiece model.",
    )
    revision: str | None = Field(None, description="Branch, tag or commit on the Hub; not for a directory.")
    lowercase: bool | None = Field(
        None,
        description="TF1 checkpoint with a vocab.txt: whether it is for lower-cased text; empty: if no piece of the "
        "vocabulary has a capital letter.",
    )


def is_hub_name(source: str) -> bool:
    """Tells names on the Hub (``name`` or ``owner/name``) from paths."""
    return source.count("/") <= 1 and not source.startswith(("/", ".", "~"))
