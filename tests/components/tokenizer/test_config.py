import pydantic
import pytest

from components.tokenizer.config import TokenizerConfig


def test_a_source_is_for_imports_only():
    assert TokenizerConfig(kind="import", source="dir").source == "dir"
    with pytest.raises(pydantic.ValidationError, match="kind is sentencepiece"):
        TokenizerConfig(kind="sentencepiece", source="dir")


@pytest.mark.parametrize(
    "key, value", [("vocab_size", 5), ("character_coverage", 0), ("sample_rows", 0), ("kind", "bpe")]
)
def test_impossible_values(key, value):
    with pytest.raises(pydantic.ValidationError, match=key):
        TokenizerConfig(**{key: value})
