"""Whether pretraining can go on with a backbone.

This is domain-adaptive pretraining (Gururangan et al. 2020, arXiv:2004.10964).
"""

from pathlib import Path

from components.backbone import huggingface, importing, positions, settings
from components.errors import ConfigError
from components.local_copies import local_copy
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.families import family_of


def check_source(source: str, config: PretrainerConfig) -> None:
    """Checks a backbone before the run starts, where that can be done: a directory in Hugging Face's format.

    Args:
        source: Directory or name on the Hub, see `BackboneConfig`.
        config: How it is to be trained.

    Raises:
        ConfigError: See `check`.
    """
    directory = huggingface.local_directory(source)
    if directory and not importing.is_tf1(directory):
        check(directory, config)


def check(directory: str | Path, config: PretrainerConfig) -> None:
    """Checks that a backbone can be trained as it is asked for.

    Args:
        directory: A directory in Hugging Face's format.
        config: How it is to be trained.

    Raises:
        ConfigError: If it is of no kind that can be pretrained, has fewer positions than a block has tokens, or cannot
            keep texts apart and was asked to.
    """
    network = settings.load(local_copy(str(directory)))
    family = family_of(network.model_type)
    positions.check_length(network.to_dict(), config.block_length, "pretrainer.block_length")
    if config.attention == "text" and config.packing == "packed" and not family.sees_texts_apart(network):
        raise ConfigError(
            "pretrainer.attention",
            "the backbone has a convolution, for which neighbouring texts in a block are one: set it to block, or "
            "pretrainer.packing to lines",
        )


def check_vocabulary(directory: str | Path, ids: int) -> None:
    """Refuses to train with ids that an encoder has no embeddings for, be it that of ``[MASK]`` alone.

    Args:
        directory: The encoder, in Hugging Face's format.
        ids: How many the tokenizer has.

    Raises:
        ConfigError: If there are more.
    """
    rows = settings.load(local_copy(str(directory))).vocab_size
    if ids > rows:
        raise ConfigError(
            "backbone.source",
            f"the tokenizer has {ids:,} ids, but the encoder has embeddings for {rows:,} only: its vocabulary lacks a "
            "token that pretraining needs, probably [MASK], so train on with another encoder, or leave out pretrainer",
        )
