"""How the real TF Serving is started: with what is there, and with flags that its release 2.16.1 has."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline.serving import tf_serving
from tests.pipeline.serving.flags import FLAGS
from tests.pipeline.serving.running import MAIN, REPOSITORY


def executable(folder: Path, name: str) -> Path:
    """Prints its arguments, a line each."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    file.chmod(0o755)
    return file


def serve(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "models" / "京都").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", MAIN, "serve", "--tf-serving", "--model", str(tmp_path / "models" / "京都")]
    environment = {**os.environ, "PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, encoding="utf-8", cwd=REPOSITORY, env=environment,
        check=False,
    )  # fmt: skip


def test_the_binary_with_flags_that_it_has(tmp_path: Path) -> None:
    executable(tmp_path / "bin", tf_serving.BINARY)
    done = serve(tmp_path, "--name", "reviews", "--port", "9000", "--max-batch-size", "32", "--batch-timeout-ms", "2")
    assert done.returncode == 0, done.stderr
    flags = dict(line.removeprefix("--").split("=", 1) for line in done.stdout.splitlines())
    assert set(flags) <= FLAGS
    assert (flags["port"], flags["model_name"]) == ("9000", "reviews")
    assert flags["model_base_path"] == str(tmp_path / "models" / "京都")
    batching = Path(flags["batching_parameters_file"]).read_text()
    assert "max_execution_batch_size { value: 32 }" in batching and "batch_timeout_micros { value: 2000 }" in batching
    assert "/monitoring/prometheus/metrics" in Path(flags["monitoring_config_file"]).read_text()


def test_without_batching(tmp_path: Path) -> None:
    executable(tmp_path / "bin", tf_serving.BINARY)
    done = serve(tmp_path, "--no-batching")
    assert "--model_name=" in done.stdout and "--enable_batching" not in done.stdout


def test_threads_of_a_call(tmp_path: Path) -> None:
    executable(tmp_path / "bin", tf_serving.BINARY)
    assert "--tensorflow_intra_op_parallelism=3" in serve(tmp_path, "--threads", "3").stdout.splitlines()
    done = serve(tmp_path)
    assert "--model_name=" in done.stdout and "parallelism" not in done.stdout


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_docker_publishes_on_an_ipv6_address(tmp_path: Path, host: str) -> None:
    executable(tmp_path / "bin", "docker")
    words = serve(tmp_path, "--host", host).stdout.splitlines()
    assert "[::1]:8500:8500" in words and "[::1]:8501:8501" in words


def test_docker_publishes_on_this_machine_alone(tmp_path: Path) -> None:
    executable(tmp_path / "bin", "docker")
    words = serve(tmp_path, "--name", "reviews").stdout.splitlines()
    assert tf_serving.IMAGE in words
    assert [word for word in words if word.startswith("127.0.0.1:")] == ["127.0.0.1:8500:8500", "127.0.0.1:8501:8501"]
    assert f"{tmp_path / 'models' / '京都'}:/models/reviews:ro" in words
    assert {word.removeprefix("--").split("=")[0] for word in words if "=" in word} <= FLAGS


def test_nothing_to_start(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = serve(tmp_path)
    assert done.returncode == 2
    assert "neither tensorflow_model_server nor docker is on PATH: install" in done.stderr
    with pytest.raises(ConfigError, match="is not a directory"):
        tf_serving.run(tmp_path / "nowhere", "a", "127.0.0.1", 1, 2, None, 0.0)


def test_flags_named_in_the_documents_are_flags() -> None:
    for document in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")):
        for flag in re.findall(r"--([a-z]+(?:_[a-z]+)+)\b", document.read_text(encoding="utf-8")):
            assert flag in FLAGS, f"{document.name}: --{flag}"
