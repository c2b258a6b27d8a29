"""Disks as they are on a bad day: read-only, or full. Skips the test where it may not mount them."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Makes a folder read-only, for the superuser too."""
    with _mounted(["--bind", str(folder)], folder):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


@contextlib.contextmanager
def small(folder: Path, kilobytes: int) -> Iterator[None]:
    """Puts a disk of so many kilobytes at a folder."""
    with _mounted(["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs"], folder):
        yield


@contextlib.contextmanager
def _mounted(what: list[str], folder: Path) -> Iterator[None]:
    try:
        done = subprocess.run(["mount", *what, str(folder)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("mount is not there")
    if done.returncode:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
