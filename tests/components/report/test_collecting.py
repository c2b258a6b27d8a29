"""Which node wrote an artifact is told by where it is, on every platform."""

import pytest

from components.report.collecting import node_of

pytestmark = pytest.mark.slow  # imports TFX


@pytest.mark.parametrize(
    "uri",
    [
        "/runs/artifacts/デモ/Trainer/model/12",
        "gs://bucket/artifacts/demo/123456/demo-20261127/Trainer_-7345/model/",
        "gs://bucket/demo/1f2e/Trainer/0b9f5a3e-2f6d-4b6e-9a53-0c4c5b6f7a81/model",
        "/buckets/bucket/artifacts/demo/20261127-180842/Trainer/model",
    ],
)
def test_the_node(uri: str) -> None:
    assert node_of(uri) == "Trainer"
