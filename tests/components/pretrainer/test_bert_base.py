"""BERT-base at the batch that its authors' readers try first: 64 texts of 512 tokens."""

import pytest

from tests.benchmarks import bert_base


@pytest.mark.full
def test_bert_base_trains_within_14_gb() -> None:
    found = bert_base.measure()
    assert found["steps"] == bert_base.STEPS
    assert found["peak_gb"] <= bert_base.MOST_BYTES / 1e9, found
