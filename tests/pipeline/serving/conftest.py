"""A server for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.components.servable_check import models
from tests.pipeline.serving.running import Running, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A whole classifier, version 7 of 評判."""
    directory = tmp_path_factory.mktemp("serving") / "評判"
    models.save_whole(directory / "7")
    with running(directory, "--name", "評判") as started:
        yield started
