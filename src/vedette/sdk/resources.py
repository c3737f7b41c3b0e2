"""What this process and its machine use.

Owns: processor, memory, disk, network, threads and open files, as readings of metrics.  Does not
own: GPUs (`sdk.gpu`), when it is asked and where readings go (`sdk.resource_watch`).

In a container with limits, `resource.cpu` and `resource.memory` are of these; else of the machine.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import psutil

from vedette.sdk.cgroup import Container, container, own_group

LOOPBACK = ("lo", "lo0")
Values = dict[str, float]


class Resources:
    """Samples of this process and its machine.

    Shapes: a rate needs the sample before, so that the first one has none.
    Units: shares in [0, 1], bytes, seconds.  `process.cpu.utilization` is of all processors that
    the process may use.
    """

    def __init__(
        self,
        *,
        disk: str = os.sep,
        cgroup: Path | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._disk, self._clock = disk, clock
        self._cgroup = own_group() if cgroup is None else cgroup
        self._process = psutil.Process()
        self._before: Values = {}
        self._at = 0.0

    def sample(self) -> Values:
        """What is used now."""
        now, limits = self._clock(), container(self._cgroup)
        found: Values = {}
        counters: Values = {}
        for part in (self._memory, self._disks, self._network, self._own, self._cpu):
            # What one system does not tell, or not to everybody, is left out.
            with suppress(psutil.Error, OSError, RuntimeError, ValueError, NotImplementedError):
                part(found, counters, limits)
        passed = now - self._at
        if self._before and passed > 0:
            found |= _rates(self._before, counters, passed, _processors(limits))
        self._before, self._at = counters, now
        return found

    def _memory(self, found: Values, _: Values, limits: Container) -> None:
        machine = psutil.virtual_memory()
        used, total = float(machine.total - machine.available), float(machine.total)
        limit = limits.memory_limit
        if limit is not None and limits.memory is not None and 0 < limit < total:
            used, total = limits.memory, limit
        found["resource.memory.bytes"] = used
        found["resource.memory.utilization"] = used / total

    def _cpu(self, _: Values, counters: Values, limits: Container) -> None:
        if limits.cpus is not None and limits.cpu_s is not None:
            counters["busy_container"] = limits.cpu_s
            return
        times = psutil.cpu_times()._asdict()
        # Linux counts the time of guests in that of the machine, too.
        whole = sum(value for name, value in times.items() if not name.startswith("guest"))
        counters["whole"] = whole
        counters["busy"] = whole - times["idle"] - times.get("iowait", 0.0)

    def _disks(self, found: Values, counters: Values, _: Container) -> None:
        found["resource.disk.utilization"] = psutil.disk_usage(self._disk).percent / 100
        moved = psutil.disk_io_counters()
        if moved is not None:
            counters["resource.disk.read_bytes.rate"] = float(moved.read_bytes)
            counters["resource.disk.written_bytes.rate"] = float(moved.write_bytes)

    def _network(self, _: Values, counters: Values, __: Container) -> None:
        cards = psutil.net_io_counters(pernic=True)
        real = [card for name, card in cards.items() if name not in LOOPBACK]
        counters["resource.network.received_bytes.rate"] = float(sum(c.bytes_recv for c in real))
        counters["resource.network.sent_bytes.rate"] = float(sum(c.bytes_sent for c in real))

    def _own(self, found: Values, counters: Values, _: Container) -> None:
        with self._process.oneshot():
            found["process.memory.bytes"] = float(self._process.memory_info().rss)
            found["process.threads"] = float(self._process.num_threads())
            times = self._process.cpu_times()
            counters["process"] = times.user + times.system
        if sys.platform != "win32":
            found["process.open_files"] = float(self._process.num_fds())
            import resource

            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            if 0 < limit < resource.RLIM_INFINITY:
                found["process.open_files.utilization"] = found["process.open_files"] / limit


def _rates(before: Values, now: Values, passed: float, processors: float) -> Values:
    """What grew since the sample before, by second or as a share."""
    grown = {name: max(now[name] - before[name], 0.0) for name in now if name in before}
    found = {name: grown[name] / passed for name in grown if name.endswith(".rate")}
    if "process" in grown:
        found["process.cpu.utilization"] = min(grown["process"] / passed / processors, 1.0)
    if "busy_container" in grown:
        found["resource.cpu.utilization"] = min(grown["busy_container"] / passed / processors, 1.0)
    elif grown.get("whole", 0.0) > 0:
        found["resource.cpu.utilization"] = min(grown["busy"] / grown["whole"], 1.0)
    return found


def _processors(limits: Container) -> float:
    """How many processors this process may keep busy."""
    if hasattr(os, "sched_getaffinity"):
        allowed = float(len(os.sched_getaffinity(0)))
    else:
        allowed = float(os.cpu_count() or 1)
    return allowed if limits.cpus is None else min(limits.cpus, allowed)
