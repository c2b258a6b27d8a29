"""Limits as kernels write them down, in folders that look like theirs."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from components.memory import Memory, host_limits, memory_there, readable

GIB = 1 << 30
ROOT = Path(__file__).resolve().parents[2]


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def proc(tmp_path, group):
    files = {"meminfo": "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n", "self/cgroup": group, "self/status": ""}
    return write(tmp_path / "proc", files)


def test_this_machine_has_memory():
    there = memory_there()
    assert 0 < there.budget < there.total and 0 < there.free <= there.total
    assert host_limits()[0].where == "this machine"


def test_a_machine_without_limits(tmp_path):
    found = host_limits(proc(tmp_path, "0::/\n"), tmp_path / "none")
    assert found == [Memory(16 * GIB, 8 * GIB, "this machine")]


@pytest.mark.parametrize("where", ["job/step", "job", "."])
def test_the_second_version_of_control_groups(tmp_path, where):
    """The limit may be that of a group above; the cache of files is as good as free."""
    group = {
        f"{where}/memory.max": f"{4 * GIB}\n",
        f"{where}/memory.current": f"{3 * GIB}\n",
        f"{where}/memory.stat": f"anon 5\ninactive_file {2 * GIB}\n",
    }
    groups = write(tmp_path / "cgroup", group)
    found = host_limits(proc(tmp_path, "0::/job/step\n"), groups)
    assert found[1:] == [Memory(4 * GIB, 3 * GIB, "the container's limit")]


@pytest.mark.parametrize("path", ["/docker/12ab", "/"])
def test_the_first_version_of_control_groups(tmp_path, path):
    """In a container the path is often that of the host, and only the root is mounted."""
    group = {
        "memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        "memory/memory.usage_in_bytes": f"{GIB}\n",
        "memory/memory.stat": "total_inactive_file 0\n",
    }
    groups = write(tmp_path / "cgroup", group)
    found = host_limits(proc(tmp_path, f"5:cpu:/\n4:memory:{path}\n0::/\n"), groups)
    assert found[1:] == [Memory(2 * GIB, GIB, "the container's limit")]


@pytest.mark.parametrize("limit", ["max", str(2**63 - 4096), ""])
def test_no_limit_is_none(tmp_path, limit):
    groups = write(tmp_path / "cgroup", {"memory.max": limit, "memory.current": "1"})
    assert len(host_limits(proc(tmp_path, "0::/\n"), groups)) == 1


def test_a_limit_of_the_process():
    code = (
        "import resource; from components.memory import memory_there\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({3 * GIB}, resource.RLIM_INFINITY))\n"
        "print(memory_there())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("of 3.22 GB free (ulimit -v)")


def test_other_programs_change_the_budget_only_where_they_use_much():
    """The same machine must choose the same number of parts, or the weights of two runs differ."""
    assert Memory(16 * GIB, 16 * GIB, "").budget == Memory(16 * GIB, 11 * GIB, "").budget == 8 * GIB
    assert Memory(16 * GIB, 5 * GIB, "").budget == 4 * GIB


def test_figures_for_people():
    assert [readable(count) for count in (0, 999, 268_435_456, 35_400_000_000)] == [
        "0 bytes",
        "999 bytes",
        "268 MB",
        "35.4 GB",
    ]
    assert resource.RLIM_INFINITY not in [limit.total for limit in host_limits()]
