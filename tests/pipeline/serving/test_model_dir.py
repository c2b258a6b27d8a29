"""Which SavedModel a directory means."""

from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline.serving.model_dir import find_model
from tests.components.pusher.written import write_model


def _version(path: Path) -> Path:
    return write_model(path)


def test_a_version_a_serving_directory_and_a_folder_with_one(tmp_path: Path) -> None:
    _version(tmp_path / "京都" / "9")
    newest = _version(tmp_path / "京都" / "10")
    (tmp_path / "京都" / "11").mkdir()
    _version(tmp_path / "京都" / "20261127150500123456")  # no int64
    _version(tmp_path / "京都" / ".tmp-12")
    assert find_model(newest) == newest
    assert find_model(tmp_path / "京都") == newest
    assert find_model(str(tmp_path)) == newest


def test_several_names_must_be_chosen_from(tmp_path: Path) -> None:
    _version(tmp_path / "knbc" / "1")
    _version(tmp_path / "knbc-fill-mask" / "1")
    with pytest.raises(ConfigError, match="holds several models: choose one of knbc, knbc-fill-mask"):
        find_model(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no SavedModel"):
        find_model(tmp_path)
    with pytest.raises(ConfigError, match="is not a directory"):
        find_model(tmp_path / "absent")


def test_a_half_copied_newest_version_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = _version(tmp_path / "京都" / "5")
    half = _version(tmp_path / "京都" / "6")
    (half / "variables" / "variables.index").unlink()
    assert find_model(tmp_path / "京都") == whole == find_model(tmp_path)
    said = f"tfx-bert: {half} is passed over: variables/variables.index is missing\n"
    assert capsys.readouterr().err == said * 2
    with pytest.raises(ConfigError, match=r"/6 cannot be loaded: variables/variables\.index is missing"):
        find_model(half)
    (whole / "saved_model.pb").unlink()
    with pytest.raises(ConfigError, match=r"/6 cannot be loaded: variables/variables\.index is missing"):
        find_model(tmp_path / "京都")


def test_leading_zeros_are_read_as_tf_serving_reads_them(tmp_path: Path) -> None:
    _version(tmp_path / "9")
    newest = _version(tmp_path / "010")
    _version(tmp_path / "+11")
    _version(tmp_path / "１２")
    assert find_model(tmp_path) == newest
