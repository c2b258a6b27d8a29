"""How long texts may be, family by family, from config.json alone."""

import pytest

from components.backbone.positions import check_length, max_tokens
from components.errors import ConfigError


@pytest.mark.parametrize(
    ("config", "bound"),
    [
        ({"model_type": "bert", "max_position_embeddings": 128}, 128),
        ({"model_type": "bert"}, 512),  # the family's default
        ({"model_type": "distilbert", "max_position_embeddings": 512, "sinusoidal_pos_embds": False}, 512),
        ({"model_type": "electra", "max_position_embeddings": 512}, 512),
        ({"model_type": "albert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 3}, 510),
        ({"model_type": "camembert", "max_position_embeddings": 514}, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514}, 512),
        (
            {
                "model_type": "deberta-v2",
                "max_position_embeddings": 512,
                "relative_attention": True,
                "position_biased_input": False,
            },
            None,
        ),
        # With absolute positions besides the relative ones there is a table after all.
        ({"model_type": "deberta-v2", "max_position_embeddings": 512, "relative_attention": True}, 512),
        ({"model_type": "t5", "n_positions": 512}, None),
        ({"model_type": "mt5"}, None),
        ({"model_type": "xlnet"}, None),
    ],
    ids=str,
)
def test_positions(config, bound):
    assert max_tokens(config) == bound
    check_length(config, bound or 100_000)
    if bound:
        with pytest.raises(ConfigError) as caught:
            check_length(config, bound + 1)
        assert caught.value.key == "text.max_length"
        assert str(caught.value) == (
            f"text.max_length: {bound + 1} tokens are more than the {bound} positions of the {config['model_type']} "
            f"backbone: set it to {bound} or less"
        )
