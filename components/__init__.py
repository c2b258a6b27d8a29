"""What the pipeline is made of: one folder a DAG node, plain modules that do the work inside."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The artifact types, by the names that they have in the metadata; see `components.artifacts`."""
    from importlib import import_module

    if not name[:1].isupper():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("components.artifacts"), name)
