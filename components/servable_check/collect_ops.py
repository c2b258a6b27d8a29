"""Collects the ops that releases of TF Serving register, from the packages that they are built of.

``python -m components.servable_check.collect_ops`` writes ``serving_ops.txt`` anew: for each release it installs the
TensorFlow of the same number, and the TF Text that the release embeds, into an environment that it removes again
(``python3.11`` and ``pip`` are needed; half a gigabyte a release), and asks TensorFlow's C API for all ops.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from components.servable_check.serving_ops import PYTHON_ONLY, RELEASES, TABLE, Row, write_table

# What tensorflow_serving/workspace.bzl names up to 2.19.1. Which one 2.20 embeds could not be seen: it is held against
# the same, whose ops a newer one has too.
TF_TEXT = "2.12.1"
TF_TEXT_TENSORFLOW = "2.12.0"
NUMPY = "numpy<2"  # older releases do not import with a newer one

_LIST = """
import ctypes, json, sys
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]
library = ctypes.CDLL(tf.sysconfig.get_lib() + "/libtensorflow_cc.so.2")
library.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
def ops():
    buffer = library.TF_GetAllOpList().contents
    return {op.name for op in op_def_pb2.OpList.FromString(ctypes.string_at(buffer.data, buffer.length)).op}
found = ops()
if "text" in sys.argv:
    import tensorflow_text
    found = ops() - found
print(json.dumps(sorted(found)))
"""


def collect(packages: list[str], *arguments: str) -> set[str]:
    """Lists the ops that packages register.

    Args:
        packages: Requirements to install.
        arguments: ``text``: only those that TF Text adds to TensorFlow's.

    Raises:
        subprocess.CalledProcessError: If they cannot be installed or imported.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["python3.11", "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *packages], check=True)
        listed = subprocess.run([python, "-c", _LIST, *arguments], check=True, capture_output=True, text=True)
    return set(json.loads(listed.stdout.splitlines()[-1]))


def main() -> None:
    """Collects all releases and writes the table."""
    text = collect([f"tensorflow=={TF_TEXT_TENSORFLOW}", f"tensorflow-text=={TF_TEXT}", NUMPY], "text")
    by_release = {}
    for release in RELEASES:
        print(f"TensorFlow {release}", file=sys.stderr)
        by_release[release] = (collect([f"tensorflow-cpu~={release}.0", NUMPY]) | text) - PYTHON_ONLY
    rows = []
    for op in sorted(set().union(*by_release.values())):
        having = [release for release, ops in by_release.items() if op in ops]
        rows.append(Row(op, having[0], having[-1]))
    write_table(TABLE, rows)


if __name__ == "__main__":
    main()
