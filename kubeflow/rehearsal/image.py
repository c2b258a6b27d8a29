"""The file tree that kubeflow/Dockerfile puts into an image, without Docker."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "tfx-bert"
PACKAGES = ("components", "kubeflow", "pipeline", "schemas")  # what its wheel holds
ENVIRONMENT = {  # the Dockerfile's ENV
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": "/usr/local/nvidia/lib64",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "PYTHONUNBUFFERED": "1",
    "RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT": "1",
    "TF_USE_LEGACY_KERAS": "1",
}
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[co]")


def make_tree(directory: Path) -> Path:
    """Makes a Python environment with this version of the packages in it, and the installed third-party packages.

    Nothing of the folder that this package was started from can be imported there.

    Args:
        directory: Where to make it; replaced if it is there.

    Returns:
        The folder of its ``python``, for PATH.
    """
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    packages = directory / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    # A plain entry: its own .pth files, which would lead back to an editable installation, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + os.linesep, encoding="utf-8")
    for name in PACKAGES:
        shutil.copytree(_PACKAGE_ROOT / name, packages / name, ignore=_LEFT_OUT)
    described = Path(str(metadata.distribution(DISTRIBUTION).locate_file(""))) / _dist_info()
    shutil.copytree(described, packages / described.name)
    return directory / "bin"


def _dist_info() -> str:
    version = metadata.version(DISTRIBUTION)
    return f"{DISTRIBUTION.replace('-', '_')}-{version}.dist-info"
