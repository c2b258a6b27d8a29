"""How many tokens an encoder takes at once."""

from typing import Any

from transformers import AutoConfig

from components.backbone.encoders import FAMILIES
from components.errors import ConfigError

KEY = "text.max_length"


def max_tokens(config_json: dict[str, Any]) -> int | None:
    """Tells how many tokens an encoder has positions for, special tokens included.

    Args:
        config_json: The content of its ``config.json``; what is left out there has the family's default.

    Returns:
        The bound, or None if there is none: T5, and DeBERTa without absolute positions (``position_biased_input:
        false``, as in all of v2 and v3) only know how far apart two tokens are.

    Example:
        >>> max_tokens({"model_type": "xlm-roberta", "max_position_embeddings": 514})
        512
    """
    settings = {key: value for key, value in config_json.items() if key != "model_type"}
    config = AutoConfig.for_model(config_json["model_type"], **settings)
    positions = getattr(config, "max_position_embeddings", None)
    has_table = getattr(config, "position_biased_input", True)
    if positions is None or positions < 1 or not has_table:
        return None
    family = FAMILIES[config.model_type]
    return positions - (config.pad_token_id + 1 if family.counts_padding else family.first_position)


def check_length(config_json: dict[str, Any], max_length: int, key: str = KEY) -> None:
    """Refuses texts that are longer than an encoder's positions.

    Args:
        config_json: The content of the encoder's ``config.json``.
        max_length: Tokens of a text at most, special tokens included.
        key: The configuration key that says so.

    Raises:
        ConfigError: If there are fewer positions.
    """
    bound = max_tokens(config_json)
    if bound is not None and max_length > bound:
        raise ConfigError(
            key,
            f"{max_length} tokens are more than the {bound} positions of the {config_json['model_type']} backbone: "
            f"set it to {bound} or less",
        )
