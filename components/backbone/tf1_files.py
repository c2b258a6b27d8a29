"""Finds the files of an original Google BERT: configuration, TF1 checkpoint, vocabulary."""

import glob
import re
from dataclasses import dataclass
from pathlib import Path

from components.errors import DataError

CONFIG = "bert_config.json"
WORDPIECE = "vocab.txt"
SENTENCEPIECE = "spm.model"
CHECKPOINT_STATE = "checkpoint"  # where TensorFlow notes which checkpoint is the newest
STEP = re.compile(r"-(\d+)$")


@dataclass(frozen=True)
class Tf1Files:
    """The files of one model.

    Attributes:
        config: ``bert_config.json``.
        checkpoint: The path that TensorFlow knows the checkpoint by, for example ``…/model.ckpt-1000``: no file has
            this name.
        vocabulary: ``vocab.txt``, or a SentencePiece model.
    """

    config: Path
    checkpoint: Path
    vocabulary: Path

    @property
    def index(self) -> Path:
        """The file with names and shapes."""
        return _sibling(self.checkpoint, ".index")

    def all(self) -> list[Path]:
        """Every file that the model is made of.

        Raises:
            DataError: If a file with values of variables is not there.
        """
        return [self.config, self.vocabulary, self.index, *_data_files(self.checkpoint)]


def find(directory: Path) -> Tf1Files:
    """Finds the model in a directory.

    Where there are several checkpoints it is the one that the file ``checkpoint`` names, else that of the highest step.

    Args:
        directory: With a ``bert_config.json``.

    Returns:
        Its files.

    Raises:
        DataError: If a file is missing, or if it cannot be told which of several is meant.
    """
    files = Tf1Files(directory / CONFIG, _checkpoint(directory), _vocabulary(directory))
    files.all()
    return files


def _checkpoint(directory: Path) -> Path:
    found = sorted(path.with_suffix("") for path in directory.glob("*.index"))
    if not found:
        raise DataError(
            f"{directory} has a {CONFIG} but no checkpoint: put model.ckpt-N.index (or bert_model.ckpt.index) and its "
            ".data files beside it"
        )
    if len(found) == 1:
        return found[0]
    state = directory / CHECKPOINT_STATE
    return _named(state, found) if state.is_file() else _newest(directory, found)


def _named(state: Path, found: list[Path]) -> Path:
    line = re.search(r'^model_checkpoint_path: *"(.*)"', state.read_text(encoding="utf-8", errors="replace"), re.M)
    # The path is that of the machine that trained.
    name = re.split(r"[/\\]", line[1])[-1] if line else None
    for path in found:
        if path.name == name:
            return path
    raise DataError(
        f"{state}: model_checkpoint_path names {name or 'nothing'}, which is not beside it (there are "
        f"{', '.join(path.name for path in found)}): name one of these, or delete the file to take the highest step"
    )


def _newest(directory: Path, found: list[Path]) -> Path:
    steps = {path: int(step[1]) for path in found if (step := STEP.search(path.name))}
    newest = [path for path, step in steps.items() if step == max(steps.values())]
    if len(newest) != 1:
        raise DataError(
            f"{directory} has {len(found)} checkpoints ({', '.join(path.name for path in found)}) and no way to tell "
            "which one is meant: keep one, or name it in a file called checkpoint "
            f'(model_checkpoint_path: "{found[0].name}")'
        )
    return newest[0]


def _data_files(checkpoint: Path) -> list[Path]:
    digits = "[0-9]" * 5
    found = sorted(checkpoint.parent.glob(f"{glob.escape(checkpoint.name)}.data-{digits}-of-{digits}"))
    count = int(found[0].name.rpartition("-")[2]) if found else 1
    wanted = [_sibling(checkpoint, f".data-{number:05}-of-{count:05}") for number in range(count)]
    absent = [path.name for path in wanted if not path.is_file()]
    if absent:
        raise DataError(
            f"{_sibling(checkpoint, '.index')} has its values in {count} other file(s), of which {', '.join(absent)} "
            "is not there: copy the checkpoint whole"
        )
    return wanted


def _vocabulary(directory: Path) -> Path:
    models = sorted(directory.glob("*.model"))
    if directory / SENTENCEPIECE in models:
        models = [directory / SENTENCEPIECE]
    wordpiece = directory / WORDPIECE
    found = [*([wordpiece] if wordpiece.is_file() else []), *models]
    if len(found) != 1:
        what = f"has {len(found)} vocabularies ({', '.join(path.name for path in found)}): keep" if found else ""
        raise DataError(
            f"{directory} {what or 'has no vocabulary: add'} the one that the checkpoint was trained with, a "
            f"{WORDPIECE} (WordPiece) or {SENTENCEPIECE} (SentencePiece; any *.model)"
        )
    return found[0]


def _sibling(checkpoint: Path, ending: str) -> Path:
    return checkpoint.with_name(checkpoint.name + ending)
