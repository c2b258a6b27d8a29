"""The Pusher's configuration."""

import pydantic
import pytest

from components.pusher.config import PusherConfig


def test_keeping_no_version_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="keep"):
        PusherConfig(keep=0)
