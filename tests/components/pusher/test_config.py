"""The Pusher's configuration."""

import pydantic
import pytest

from components.pusher.config import PusherConfig


def test_a_remote_destination_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="'gs://bucket/models' is no directory of this machine"):
        PusherConfig(destination="gs://bucket/models")


def test_keeping_no_version_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="keep"):
        PusherConfig(keep=0)
