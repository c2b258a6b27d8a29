"""The benchmarks are run by hand; that they still fit the code is seen here."""

import importlib
import pkgutil

import pytest

import tests.benchmarks

MODULES = [name for _, name, _ in pkgutil.iter_modules(tests.benchmarks.__path__) if not name.startswith("test_")]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__main__", "torch_worker"}))
def test_a_benchmark_can_be_imported(name):
    assert importlib.import_module(f"tests.benchmarks.{name}")
