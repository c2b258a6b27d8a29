"""How much memory there is: of the machine, its container, the limits of this process, or a device."""

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
HOST_SHARE = 0.5  # of a limit; the rest is for data, libraries, the compiler, and the nodes before
DEVICE_SHARE = 0.8  # a device holds what is trained and nothing else
FREE_SHARE = 0.8  # of what is free now
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True)
class Memory:
    """Memory that one limit allows.

    Attributes:
        total: Bytes, the same from run to run.
        free: Bytes that are free now.
        where: Whose limit it is, for people.
        share: How much of ``total`` a training step may take.
    """

    total: int
    free: int
    where: str
    share: float = HOST_SHARE

    @property
    def budget(self) -> int:
        """Bytes for a training step.

        It follows from ``total`` unless other programs use much, so that the same machine computes the same way, and
        gets the same bits, from run to run.
        """
        return int(min(self.total * self.share, self.free * FREE_SHARE))

    def __str__(self) -> str:
        return f"{readable(self.free)} of {readable(self.total)} free ({self.where})"


def readable(count: float) -> str:
    """Writes a number of bytes for people.

    Args:
        count: Bytes.

    Example:
        >>> readable(35_400_000_000), readable(12_000)
        ('35.4 GB', '12 kB')
    """
    for size, unit in _UNITS:
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} bytes"


def memory_there(strategy: "tf.distribute.Strategy | None" = None) -> Memory:
    """The memory that a replica of a strategy has.

    Args:
        strategy: Where training runs; None: on this machine's CPUs.

    Returns:
        That of its GPU; else what the tightest limit of this machine allows, divided by the replicas that share it.
    """
    device = _device_memory() if strategy else None
    if device:
        return device
    tightest = min(host_limits(), key=lambda memory: memory.budget)
    several = strategy is not None and strategy.num_replicas_in_sync > 1
    sharing = len(strategy.extended.worker_devices) if strategy and several else 1  # of this process
    return Memory(tightest.total // sharing, tightest.free // sharing, tightest.where)


def host_limits(proc: Path = PROC, cgroups: Path = CGROUPS) -> list[Memory]:
    """All limits that hold for this process; that of the machine first.

    Args:
        proc: Where the kernel tells of processes.
        cgroups: Where it tells of control groups, which are what limits containers; of version 1 or 2.
    """
    machine = _table(proc / "meminfo", scale=1024)
    total = machine.get("MemTotal") or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = [Memory(total, machine.get("MemAvailable", total), "this machine")]
    found += [limit for limit in _cgroup_limits(proc, cgroups) if limit.total < total]
    used = _table(proc / "self" / "status", scale=1024)
    for name, field, number in (("v", "VmSize", resource.RLIMIT_AS), ("d", "VmData", resource.RLIMIT_DATA)):
        soft, _ = resource.getrlimit(number)
        if soft != resource.RLIM_INFINITY:
            found.append(Memory(soft, max(soft - used.get(field, 0), 0), f"ulimit -{name}"))
    return found


def _cgroup_limits(proc: Path, cgroups: Path) -> Iterator[Memory]:
    """The limits of this process's control group and of those above it."""
    for line in _lines(proc / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, names = cgroups, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root, names = cgroups / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # In a container the path may be that of the host, where nothing is mounted; its root is the group then.
        group = root / path.strip("/")
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(root))):
            total, used = (_number(folder / name) for name in names[:2])
            if total is not None and used is not None:
                cache = _table(folder / "memory.stat").get(names[2], 0)  # given back when it is asked for
                yield Memory(total, max(total - used + cache, 0), "the container's limit")


def _device_memory() -> Memory | None:
    """The smallest GPU's; None where there is none."""
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        return None
    from tensorflow.python.client import device_lib  # the only place where TensorFlow tells

    limits = {device.name: device.memory_limit for device in device_lib.list_local_devices()}
    free = {gpu.name: limits[gpu.name] for gpu in gpus if limits.get(gpu.name)}
    if not free:
        return None
    name = min(free, key=lambda gpu: free[gpu])
    return Memory(free[name], free[name], name.rpartition("device:")[2], DEVICE_SHARE)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _number(path: Path) -> int | None:
    text = "".join(_lines(path))
    return int(text) if text.isdigit() else None  # "max" is no limit


def _table(path: Path, scale: int = 1) -> dict[str, int]:
    rows = (line.replace(":", " ").split() for line in _lines(path))
    return {row[0]: int(row[1]) * scale for row in rows if len(row) > 1 and row[1].isdigit()}
