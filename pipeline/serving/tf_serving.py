"""Starts the real TF Serving: ``tfx-bert serve --tf-serving``.

Flags: https://github.com/tensorflow/serving/blob/2.16.1/tensorflow_serving/model_servers/main.cc
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

from components.errors import ConfigError

BINARY, IMAGE = "tensorflow_model_server", "tensorflow/serving:2.16.1"
BATCHING_FILE, MONITORING_FILE = "batching.config", "monitoring.config"
_LARGEST_REQUEST = 1024  # texts; it is divided into batches
_GRPC_PORT, _REST_PORT = 8500, 8501  # inside the container
_CONFIG = "tfx_bert_serving"


def command(
    directory: Path, name: str, host: str, port: int, rest_port: int, config: Path, threads: int | None = None
) -> list[str]:
    """The command that serves a directory with what is installed.

    Args:
        directory: A serving directory.
        name: What clients call the model.
        host: Where Docker publishes the ports; the binary listens on all addresses.
        port: For gRPC.
        rest_port: For REST.
        config: A folder with the files of `write_config`.
        threads: How many one call may use; None: TF Serving's choice.

    Raises:
        ConfigError: If neither the binary nor Docker is found.
    """
    batching = (config / BATCHING_FILE).is_file()
    limit = [f"--tensorflow_intra_op_parallelism={threads}"] if threads else []
    if binary := shutil.which(BINARY):
        return [binary, *_flags(str(directory), name, port, rest_port, str(config), batching), *limit]
    if docker := shutil.which("docker"):
        mounts = ["-v", f"{directory}:/models/{name}:ro", "-v", f"{config}:/{_CONFIG}:ro"]
        where = f"[{host.strip('[]')}]" if ":" in host else host
        ports = ["-p", f"{where}:{port}:{_GRPC_PORT}", "-p", f"{where}:{rest_port}:{_REST_PORT}"]
        flags = _flags(f"/models/{name}", name, _GRPC_PORT, _REST_PORT, f"/{_CONFIG}", batching)
        return [docker, "run", "--rm", *ports, *mounts, "--entrypoint", BINARY, IMAGE, *flags, *limit]
    raise ConfigError(
        "--tf-serving",
        f"neither {BINARY} nor docker is on PATH: install the Debian package tensorflow-model-server from TensorFlow's "
        f"repository, or Docker for {IMAGE}; without --tf-serving this command serves by itself",
    )


def write_config(folder: Path, max_batch_size: int | None, batch_timeout_ms: float) -> None:
    """Writes `MONITORING_FILE` and `BATCHING_FILE`.

    Args:
        folder: Made if it is not there.
        max_batch_size: Texts in one call of the model, at most; None: requests are not put together.
        batch_timeout_ms: How long a request waits for others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MONITORING_FILE).write_text(
        'prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }\n'
    )
    (folder / BATCHING_FILE).unlink(missing_ok=True)
    if max_batch_size:
        (folder / BATCHING_FILE).write_text(
            f"max_batch_size {{ value: {max(_LARGEST_REQUEST, max_batch_size)} }}\n"
            "enable_large_batch_splitting { value: true }\n"
            f"max_execution_batch_size {{ value: {max_batch_size} }}\n"
            f"batch_timeout_micros {{ value: {round(1000 * batch_timeout_ms)} }}\n"
            f"num_batch_threads {{ value: {os.cpu_count() or 1} }}\n"
            "max_enqueued_batches { value: 1000 }\n"
        )


def run(
    directory: Path,
    name: str,
    host: str,
    port: int,
    rest_port: int,
    max_batch_size: int | None,
    timeout_ms: float,
    threads: int | None = None,
) -> NoReturn:
    """Becomes TF Serving.

    Args:
        directory: A serving directory.
        name: What clients call the model.
        host: See `command`.
        port: For gRPC.
        rest_port: For REST.
        max_batch_size: See `write_config`.
        timeout_ms: See `write_config`.
        threads: See `command`.

    Raises:
        ConfigError: If there is no TF Serving, or no serving directory.
    """
    folder = directory.expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError("--model", f"{directory} is not a directory")
    config = Path.home() / ".cache" / "tfx-bert" / "tf_serving" / name
    write_config(config, max_batch_size, timeout_ms)
    words = command(folder, name, host, port, rest_port, config, threads)
    os.execv(words[0], words)


def _flags(base_path: str, name: str, port: int, rest_port: int, config: str, batching: bool) -> list[str]:
    flags = [
        f"--port={port}",
        f"--rest_api_port={rest_port}",
        f"--model_name={name}",
        f"--model_base_path={base_path}",
        f"--monitoring_config_file={config}/{MONITORING_FILE}",
    ]
    if batching:
        flags += ["--enable_batching=true", f"--batching_parameters_file={config}/{BATCHING_FILE}"]
    return flags
