"""Tries a SavedModel in a clean process."""

import base64
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from components.expected_answers import read_expected
from components.files import is_remote
from components.servable_check.config import ServableCheckConfig
from components.servable_check.serving_ops import serving_ops

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_PROBE = "components.servable_check.probe"
_STDERR_LINES = 5


@dataclasses.dataclass(frozen=True)
class CheckResult:
    """What became of a model in the probe.

    Attributes:
        failures: What is wrong, a sentence each; empty for a sound model.
        signatures: Names of the signatures that were tried.
        tensorflow: Version of TensorFlow that loaded it.
        load_seconds: Time of loading, without starting TensorFlow.
        latency_ms: Median by signature and batch size (``"1"``, ``"64"``), of a short text, on the CPU.
        ops: All ops of its graph.
    """

    failures: list[str]
    signatures: list[str] = dataclasses.field(default_factory=list)
    tensorflow: str = ""
    load_seconds: float = 0.0
    latency_ms: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    ops: list[str] = dataclasses.field(default_factory=list)

    @property
    def servable(self) -> bool:
        """Whether the model may be pushed."""
        return not self.failures


def check_model(model_dir: str | Path, config: ServableCheckConfig, texts: Sequence[bytes] = ()) -> CheckResult:
    """Loads a model in a process that knows TensorFlow and the TF Text ops only, and asks it.

    The process sees no GPU: the trainer's may hold all of its memory, and a server may have none.

    Args:
        model_dir: A SavedModel directory.
        config: Limits.
        texts: Texts to send besides the probe's own, for example those of the warm-up.

    Returns:
        What was found; a process that dies or hangs is a failure of the model.
    """
    sent = [base64.b64encode(text).decode() for text in texts]
    request = json.dumps({"texts": sent, "expected": read_expected(model_dir)})
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        process = subprocess.run(
            [sys.executable, "-m", _PROBE, _absolute(str(model_dir))],
            input=request,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=config.timeout_seconds,
            cwd=_PACKAGE_ROOT,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return CheckResult([f"it did not answer within {config.timeout_seconds} s (servable_check.timeout_seconds)"])
    if process.returncode:
        said = " | ".join(process.stderr.strip().splitlines()[-_STDERR_LINES:])
        return CheckResult([f"the process that loaded it ended with code {process.returncode}: {said}"])
    result = CheckResult(**json.loads(process.stdout.strip().splitlines()[-1]))
    return dataclasses.replace(
        result, failures=[*result.failures, *_unregistered(result, config), *_too_slow(result, config)]
    )


def _absolute(directory: str) -> str:
    return directory if is_remote(directory) else os.path.abspath(directory)


def _unregistered(result: CheckResult, config: ServableCheckConfig) -> list[str]:
    missing = sorted(set(result.ops) - serving_ops(config.tf_serving)) if config.tf_serving else []
    if not missing:
        return []
    verb = "is an op" if len(missing) == 1 else "are ops"
    return [
        f"{', '.join(missing)} {verb} that TF Serving {config.tf_serving} does not have (servable_check.tf_serving)"
    ]


def _too_slow(result: CheckResult, config: ServableCheckConfig) -> list[str]:
    if config.max_latency_ms is None:
        return []
    return [
        f"{signature}: a short text takes {latency['1']:.1f} ms; "
        f"servable_check.max_latency_ms is {config.max_latency_ms:g}"
        for signature, latency in result.latency_ms.items()
        if latency["1"] > config.max_latency_ms
    ]
