"""What the demo is compiled to, kept beside; ``python -m tests.kubeflow.golden`` writes it anew, for `git diff`."""

import re
from pathlib import Path

from kubeflow.compiler import Target, compile_pipeline
from kubeflow.documents import write
from pipeline import environment, loading

FOLDER = Path(__file__).parent / "compiled"
OVERRIDES = [
    "kubeflow.root=gs://bucket/tfx-bert",
    "kubeflow.image=registry.example/tfx-bert:1",
    "kubeflow.nodes={default: {cpu: 4, memory: 16}, "
    "Pretrainer: {cpu: 8, memory: 30, accelerator: {type: NVIDIA_TESLA_T4}, retries: 2}, Pusher: {cache: false}}",
]
_VERSIONS = re.compile(r"(tfx_py_version|tfx_version|sdkVersion): \S+")
_CODE = re.compile(r"\b[0-9a-f]{64}\b")  # of a node's code and of its tokenizer's source


def golden_file(target: Target) -> Path:
    return FOLDER / f"demo-{target}.yaml"


def compiled(target: Target, folder: Path) -> str:
    """The demo as YAML, without the fingerprints of the code and the versions of TFX and Python."""
    file = folder / "demo.yaml"
    write(compile_pipeline(loading.load("demo", OVERRIDES, elsewhere=True), target), file)
    return _CODE.sub("SHA256", _VERSIONS.sub(r"\1: VERSION", file.read_text(encoding="utf-8")))


if __name__ == "__main__":
    import tempfile

    environment.prepare()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        golden_file("vertex").write_text(compiled("vertex", Path(temporary)), encoding="utf-8")
