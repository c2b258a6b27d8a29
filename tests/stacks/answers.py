"""Whether the models of one stack answer like those of the other.

``python -m tests.stacks.answers write RUNS FOLDER`` on one stack, after ``tfx-bert run demo`` there, then
``python -m tests.stacks.answers compare FOLDER`` on the other. FOLDER holds, and ``compare`` asks: the model that the
demo pushed; a classifier of the demo's encoder with a head of fixed weights; and one that is made anew of the same
weights.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from pipeline import environment

environment.prepare()

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_text  # noqa: E402,F401  its ops are in the models

from components.feature_gen.encoder import load_encoder  # noqa: E402
from components.text_transform.graph import TextGraph  # noqa: E402
from components.trainer.config import TrainerConfig  # noqa: E402
from components.trainer.export import TextClassifier, export  # noqa: E402
from components.trainer.head import build_head  # noqa: E402

LABELS = ["京都", "Kyoto", "携帯電話"]
TEXTS = [
    "嵐山の紅葉がきれいでした。",
    "The battery dies before noon.",
    "ﾊﾝｶｸ と ＦＵＬＬ ｗｉｄｔｈ, ①②③ ㍿ が行く…",
    "Ünïcödé, É and É; İstanbul ΑΣ 😀 \U00020bb7",
    "",
    "長い文章です。" * 60,
]
TOLERANCE = 1e-4


def make_model(backbone: Path, folder: Path) -> None:
    """Exports a classifier whose head's weights depend on nothing but the encoder's width."""
    encoder = load_encoder(backbone)
    width = encoder.config.hidden_size
    random = np.random.default_rng(0)
    head = build_head(random.normal(size=(64, width)).astype(np.float32), len(LABELS), TrainerConfig())
    for layer in head.layers:
        if layer.name == "logits":
            layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])
    export(TextClassifier(TextGraph.load(backbone), encoder, head, LABELS, "mean", 64), LABELS, folder)


def ask(folder: Path) -> np.ndarray:
    """The probabilities of `TEXTS`."""
    answer = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return answer(text=tf.constant(TEXTS))["probabilities"].numpy()


def write(runs: Path, folder: Path) -> None:
    """Collects models and their answers on this stack."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(newest(runs / "serving" / "demo"), folder / "served")
    shutil.copytree(newest(runs / "artifacts" / "demo" / "Pretrainer" / "backbone"), folder / "backbone")
    make_model(folder / "backbone", folder / "made")
    answers = {name: ask(folder / name).tolist() for name in ("served", "made")}
    (folder / "answers.json").write_text(json.dumps({"tensorflow": tf.__version__, **answers}), encoding="utf-8")


def compare(folder: Path) -> dict[str, float]:
    """The largest difference between the answers of the other stack and those of this one, by model."""
    theirs = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as again:
        make_model(folder / "backbone", Path(again))
        ours = {"served": ask(folder / "served"), "made": ask(folder / "made"), "made here": ask(Path(again))}
    print(f"TensorFlow {tf.__version__} asked the models of {theirs['tensorflow']}, {len(TEXTS)} texts")
    return {name: float(np.abs(found - theirs[name.split()[0]]).max()) for name, found in ours.items()}


def newest(folder: Path) -> Path:
    """The folder in it with the highest number."""
    return max((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def main(verb: str, *folders: str) -> None:
    """Runs a verb of the module's docstring."""
    if verb == "write":
        write(*map(Path, folders))
        return
    differences = compare(*map(Path, folders))
    for name, difference in differences.items():
        print(f"{name}: largest difference of a probability {difference:.1e}")
    if max(differences.values()) > TOLERANCE:
        raise SystemExit(f"the stacks do not answer alike: more than {TOLERANCE}")


if __name__ == "__main__":
    main(*sys.argv[1:])
