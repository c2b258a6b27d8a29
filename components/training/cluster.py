"""The machines that train together, as ``TF_CONFIG`` names them."""

import json
import os
from dataclasses import dataclass
from typing import Any

from components.errors import ConfigError

VARIABLE = "TF_CONFIG"
_JOBS = ("chief", "master", "worker", "ps", "evaluator")
_EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """Some machines, and which of them this is.

    Attributes:
        machines: Addresses, ``HOST:PORT``, by job.
        job: This machine's.
        index: Its place there.
    """

    machines: dict[str, list[str]]
    job: str
    index: int

    @property
    def trains_on_several(self) -> bool:
        """Whether there is more than one machine that trains."""
        return sum(len(self.machines.get(job, [])) for job in ("chief", "master", "worker")) > 1

    @property
    def is_chief(self) -> bool:
        """Whether this is the machine that writes: the one of that job, or else the first worker."""
        if {"chief", "master"} & self.machines.keys():
            return self.job in ("chief", "master")
        return (self.job, self.index) == ("worker", 0)


def read_cluster() -> Cluster | None:
    """Reads the variable.

    Returns:
        None if it names no cluster: this machine trains alone.

    Raises:
        ConfigError: If it is not what TensorFlow takes.
    """
    text = os.environ.get(VARIABLE, "")
    if not text.strip():
        return None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        raise _error(f"{text[:60]!r} is not JSON") from None
    if not isinstance(config, dict):
        raise _error("it must be a JSON object")
    if "cluster" not in config:
        if "task" in config:
            raise _error("there is a task, but no cluster that it is of")
        return None
    machines = _machines(config["cluster"])
    job, index = _task(config.get("task"), machines)
    return Cluster(machines, job, index)


def _machines(cluster: Any) -> dict[str, list[str]]:
    if not isinstance(cluster, dict) or not cluster:
        raise _error("cluster must name the machines of at least one job")
    seen: dict[str, str] = {}
    for job, addresses in cluster.items():
        if job not in _JOBS:
            raise _error(f"cluster has the job {job[:60]!r}, and there are only {', '.join(_JOBS)}")
        if not isinstance(addresses, list) or not addresses:
            raise _error(f"cluster.{job} must be a list of addresses, HOST:PORT, and not be empty")
        for place, address in enumerate(addresses):
            key = f"cluster.{job}.{place}"
            if not isinstance(address, str) or not _is_address(address):
                raise _error(f"{key} is {str(address)[:60]!r}, which is no HOST:PORT")
            if address in seen:
                raise _error(f"{key} is {address}, as {seen[address]} is: each machine needs an address of its own")
            seen[address] = key
    if len(cluster.get("chief", [])) + len(cluster.get("master", [])) > 1:
        raise _error("there is more than one chief")
    return cluster


def _is_address(address: str) -> bool:
    host, _, port = address.rpartition(":")
    plain = host.isprintable() and not any(mark in host for mark in " /@,")
    return bool(host) and plain and port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536


def _task(task: Any, machines: dict[str, list[str]]) -> tuple[str, int]:
    if task is None and sum(map(len, machines.values())) == 1:
        return next(iter(machines)), 0
    if not isinstance(task, dict) or not isinstance(task.get("type"), str):
        raise _error("task must say the type and the index of this machine")
    job, index = task["type"], task.get("index", 0)
    if isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 9:
        index = int(index)  # as TensorFlow takes it
    if job not in machines:
        raise _error(f"task.type is {job[:60]!r}, and cluster has only {', '.join(machines)}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise _error(f"task.index is {str(index)[:60]!r}, which is no whole number")
    if not 0 <= index < len(machines[job]):
        raise _error(f"task.index is {index}, and cluster.{job} has {len(machines[job])} machines, counted from 0")
    return job, index


def _error(problem: str) -> ConfigError:
    return ConfigError(VARIABLE, f"{problem}; unset it to train on this machine alone, or write it as {_EXAMPLE}")
