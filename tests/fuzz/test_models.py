"""Damaged tokenizers, encoders, TF1 checkpoints and SavedModels: they work, or end in one line that names a place."""

import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf

from components.backbone import importing
from components.backbone.config import BackboneConfig
from components.errors import TfxBertError
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from pipeline.serving import local_model
from tests.components.backbone import google_bert
from tests.components.backbone.families import FAMILIES
from tests.components.servable_check import models
from tests.fuzz.damage import damaged, examples

IMPORT = TokenizerConfig(kind="import")
TEXTS = ["The old temples of Kyoto", "京都の古い寺。", ""]
MOST_SECONDS = 20  # an encoder is built and loaded meanwhile, maybe beside other tests
MOST_BYTES = 1 << 30


def tokenize(directory: Path) -> None:
    """What ``tokenize --tokenizer`` does."""
    TextGraph.load(directory).tokenize(tf.constant(TEXTS))


def take_over(directory: Path) -> None:
    """What ``tokenizer.source`` does."""
    target = directory.with_name("imported")
    shutil.rmtree(target, ignore_errors=True)
    import_tokenizer(directory, target, IMPORT, TextConfig())
    tokenize(target)


def check_encoder(directory: Path) -> None:
    """What the start of a run does with ``backbone.source``."""
    importing.check(directory, BackboneConfig(source=str(directory)), None)


def import_encoder(directory: Path) -> None:
    """And what its node does."""
    config = BackboneConfig(source=str(directory))
    importing.check(directory, config, None)
    target = directory.with_name("imported")
    shutil.rmtree(target, ignore_errors=True)
    importing.import_encoder(directory, config, str(target))


def predict(directory: Path) -> None:
    """What ``predict --model`` does."""
    assert len(list(local_model.predict(directory, TEXTS))) == len(TEXTS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("whole")

    def make(name: str) -> Path:
        directory = root / name
        if directory.exists():
            return directory
        directory.mkdir()
        if name == "tf1":
            google_bert.write_checkpoint(directory)
            google_bert.write_config(directory)
            google_bert.write_vocabulary(directory)
        elif name == "served":
            models.save_whole(directory)
        elif name.startswith("own "):
            import_tokenizer(make(name.removeprefix("own ")), directory, IMPORT, TextConfig())
        else:
            FAMILIES[name].write(directory)
        return directory

    return make


CASES = {
    "own bert": (tokenize, 40),
    "own deberta-v3": (tokenize, 40),
    "own t5": (take_over, 15),
    "own xlm-roberta": (take_over, 5),
    "bert": (check_encoder, 12),
    "xlm-roberta": (import_encoder, 4),
    "electra": (import_encoder, 4),
    "tf1": (check_encoder, 20),
    "served": (predict, 20),
}
SLOW = {"bert": 0.1, "xlm-roberta": 0.1, "electra": 0.1, "served": 0.2}  # ten times as long: a share of the inputs


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_damaged_directories(whole, tmp_path, name):
    work, default = CASES[name]
    count = examples(default, SLOW.get(name, 1.0))
    work(Path(shutil.copytree(whole(name), tmp_path / "sound")))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for what, directory in damaged(whole(name), tmp_path / "damaged", seed=1, count=count):
        start = time.monotonic()
        try:
            work(directory)
        except TfxBertError as error:
            message = str(error)
            assert "\n" not in message and len(message) < 1000, what
            assert str(directory) in message or message.startswith(("tokenizer.source: ", "backbone.")), (what, message)
        except BaseException as error:
            raise AssertionError(f"{name}, {what}") from error
        assert time.monotonic() - start < MOST_SECONDS, what
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < MOST_BYTES
