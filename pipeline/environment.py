"""Process-wide settings, in one place: what must be set before TensorFlow is imported, and who may use the terminal."""

import contextlib
import fcntl
import functools
import importlib.abc
import importlib.util
import logging
import os
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TextIO

SETTINGS = {
    # transformers' TensorFlow classes and TFT's layers are Keras 2 (tf_keras).
    "TF_USE_LEGACY_KERAS": "1",
    # At 2, CUDA libraries that register twice print errors on machines that have none of them.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # transformers must not look for PyTorch or Flax, nor print advice.
    "USE_TORCH": "0",
    "USE_FLAX": "0",
    "USE_TF": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "GRPC_VERBOSITY": "NONE",  # its errors are raised as well
    "GLOG_minloglevel": "3",  # ML Metadata's connections to databases; errors are raised as well
}

_PREFIX, _MARKER, _CONTENT = "tfx-bert-", ".owner", "tmp"  # of a process' temporary folder


def prepare() -> None:
    """Sets the variables that TensorFlow, transformers and TFX read when they are imported.

    What the person has set stays, except the Keras switch, without which nothing here can work. Child processes (Beam
    workers, the servable check) inherit all of it.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    warnings.simplefilter("ignore")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _QuietTensorFlow())


class _QuietTensorFlow(importlib.abc.MetaPathFinder):
    """Imports TensorFlow without what its libraries print before they can be told not to, from 2.17 on."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """See the base class."""
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            spec.loader.exec_module = functools.partial(_without_stderr, spec.loader.exec_module)  # type: ignore[method-assign]
        return spec


def _without_stderr(execute: Callable[[ModuleType], None], module: ModuleType) -> None:
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        execute(module)
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


@contextlib.contextmanager
def temporary_folder() -> Iterator[str]:
    """Gives this process, and those that it starts, a temporary folder that goes when they have ended.

    Beam and TensorFlow leave files and folders in theirs. Folders of runs that were killed go too, and so do processes
    that worked for them: Beam's workers would wait for ever.

    Yields:
        The folder, for `end_processes`.
    """
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    _remove_orphans(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        owned = _own(Path(folder))
        os.environ["TMPDIR"] = tempfile.tempdir = f"{folder}/{_CONTENT}"
        os.mkdir(tempfile.tempdir)
        try:
            yield folder
        finally:
            end_processes(folder)
            os.close(owned)
            tempfile.tempdir = before[1]
            if before[0] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before[0]


def end_processes(folder: str) -> None:
    """Kills the processes whose temporary folder is this one or in it, except this process itself."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if f"{process.environ().get('TMPDIR', '')}/".startswith(f"{folder}/") and process.pid != os.getpid():
                process.kill()


def _own(folder: Path) -> int:
    """Locks a folder's marker while this process lives; the marker appears locked, so nobody takes it in between."""
    making = folder / f"{_MARKER}.new"
    descriptor = os.open(making, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError):  # no locks there: the folder stays if this process is killed
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        making.rename(folder / _MARKER)
    return descriptor


def _remove_orphans(parent: Path) -> None:
    for marker in parent.glob(f"{_PREFIX}*/{_MARKER}"):
        with contextlib.suppress(OSError):  # its process lives, it is another user's, or it is gone by now
            descriptor = os.open(marker, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                end_processes(str(marker.parent))
                shutil.rmtree(marker.parent, ignore_errors=True)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def output_to(log_file: Path) -> Iterator[TextIO]:
    """Sends all that this process prints to a log file, below Python too; yields the person's terminal.

    File descriptors 1 and 2 are redirected, so that C++ libraries and child processes are caught as well. They are
    put back at the end.

    Args:
        log_file: Appended to; its folder is made.

    Yields:
        A text stream to the standard output that the process had before.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    terminal = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", buffering=1)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s: %(message)s", force=True)
    try:
        yield terminal
    finally:
        _flush(sys.stdout)
        _flush(sys.stderr)
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        os.close(saved[0])
        os.close(saved[1])
        terminal.close()


def log_error(error: BaseException) -> None:
    """Prints an error with its traceback, which `output_to` sends to the log; nothing if the disk is full."""
    with contextlib.suppress(OSError):
        traceback.print_exception(error)


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:  # the disk is full: what is left of the log must not come to the terminal
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
            stream.flush()
