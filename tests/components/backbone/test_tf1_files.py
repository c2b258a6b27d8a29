"""Which files of a directory are the model."""

from pathlib import Path

import pytest

from components.backbone import tf1_files
from components.errors import DataError


def directory_with(tmp_path: Path, *names: str) -> Path:
    for name in ("bert_config.json", *names):
        (tmp_path / name).write_text("")
    return tmp_path


def checkpoint(name: str, parts: int = 1) -> list[str]:
    return [f"{name}.index", *(f"{name}.data-{part:05}-of-{parts:05}" for part in range(parts))]


def refused(directory: Path) -> str:
    with pytest.raises(DataError) as caught:
        tf1_files.find(directory)
    assert str(directory) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["bert_model.ckpt", "model.ckpt-1400000"])
def test_the_only_checkpoint(tmp_path, name):
    directory = directory_with(tmp_path, "vocab.txt", f"{name}.meta", f"{name}.data-x-of-y", *checkpoint(name, 2))
    (directory / "checkpoint").write_text('model_checkpoint_path: "elsewhere.ckpt-1"')
    files = tf1_files.find(directory)
    assert files.checkpoint == directory / name
    assert {path.name for path in files.all()} == {"bert_config.json", "vocab.txt", *checkpoint(name, parts=2)}


def test_of_several_it_is_the_one_that_the_state_names(tmp_path):
    directory = directory_with(tmp_path, "vocab.txt", *checkpoint("model.ckpt-900"), *checkpoint("model.ckpt-1000"))
    assert tf1_files.find(directory).checkpoint.name == "model.ckpt-1000"  # not the last by name
    (directory / "checkpoint").write_text(
        'model_checkpoint_path: "/home/trainer/out/model.ckpt-900"\n'
        'all_model_checkpoint_paths: "/home/trainer/out/model.ckpt-1000"\n'
    )
    assert tf1_files.find(directory).checkpoint.name == "model.ckpt-900"


@pytest.mark.parametrize("state", ['model_checkpoint_path: "model.ckpt-7"', ""])
def test_a_state_that_names_no_checkpoint_here(tmp_path, state):
    directory = directory_with(tmp_path, "vocab.txt", *checkpoint("model.ckpt-900"), *checkpoint("model.ckpt-1000"))
    (directory / "checkpoint").write_text(state)
    message = refused(directory)
    assert f"names {'model.ckpt-7' if state else 'nothing'}, which is not beside it" in message
    assert "(there are model.ckpt-1000, model.ckpt-900)" in message


@pytest.mark.parametrize("names", [("bert_model.ckpt", "other.ckpt"), ("model.ckpt-5", "other.ckpt-5")])
def test_several_without_a_way_to_choose(tmp_path, names):
    directory = directory_with(tmp_path, "vocab.txt", *(file for name in names for file in checkpoint(name)))
    assert f"has 2 checkpoints ({', '.join(names)}) and no way to tell which one is meant" in refused(directory)


def test_no_checkpoint(tmp_path):
    assert "has a bert_config.json but no checkpoint: put model.ckpt-N.index" in refused(
        directory_with(tmp_path, "vocab.txt")
    )


def test_missing_values(tmp_path):
    directory = directory_with(tmp_path, "vocab.txt", *checkpoint("model.ckpt-5", parts=3))
    (directory / "model.ckpt-5.data-00001-of-00003").unlink()
    message = refused(directory)
    assert "has its values in 3 other file(s), of which model.ckpt-5.data-00001-of-00003 is not there" in message
    for path in directory.glob("*.data-*"):
        path.unlink()
    assert "of which model.ckpt-5.data-00000-of-00001 is not there" in refused(directory)


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["vocab.txt"], "vocab.txt"),
        (["wiki-ja.model", "wiki-ja.vocab"], "wiki-ja.model"),
        (["spm.model", "other.model"], "spm.model"),
    ],
)
def test_the_vocabulary(tmp_path, there, taken):
    directory = directory_with(tmp_path, *there, *checkpoint("model.ckpt-5"))
    assert tf1_files.find(directory).vocabulary.name == taken


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ([], "has no vocabulary: add the one"),
        (["a.model", "b.model"], "has 2 vocabularies (a.model, b.model): keep the one"),
        (["vocab.txt", "spm.model"], "has 2 vocabularies (vocab.txt, spm.model): keep the one"),
    ],
)
def test_no_vocabulary_or_several(tmp_path, there, message):
    assert message in refused(directory_with(tmp_path, *there, *checkpoint("model.ckpt-5")))
