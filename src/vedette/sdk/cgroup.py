"""What a container allows the processes in it: less than the machine has.

Owns: limits and use of processor and memory of this process's control group (version 2), which in
a container is the one that it sees as the root.  Does not own: the machine's own numbers
(`sdk.resources`).

Without it a container that is about to be killed for its memory would look idle on a large machine.
"""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT, SELF = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
NONE = "max"


class Container(NamedTuple):
    """What may be used, and what is; None where there is no limit.

    Units: `cpus` processors, `cpu_s` seconds used so far, memory in bytes.  `memory` is without
    file pages that the kernel can drop at once.
    """

    cpus: float | None = None
    cpu_s: float | None = None
    memory_limit: float | None = None
    memory: float | None = None


def own_group(root: Path = ROOT, of: Path = SELF) -> Path:
    """The folder of this process's group; the root where it cannot be told.

    Example:
        >>> own_group(Path("/nowhere"), Path("/nowhere")).as_posix()
        '/nowhere'
    """
    for line in _text(of).splitlines():
        if line.startswith("0::/") and (found := root / line.removeprefix("0::/")).is_dir():
            return found
    return root


def container(root: Path) -> Container:
    """Read the limits of a group; nothing of what cannot be read.

    Example:
        >>> container(Path("/nowhere"))
        Container(cpus=None, cpu_s=None, memory_limit=None, memory=None)
    """
    quota = _text(root / "cpu.max").split()
    cpus = None
    if len(quota) == 2 and quota[0] != NONE and float(quota[1]) > 0:
        cpus = float(quota[0]) / float(quota[1])
    used = _table(root / "cpu.stat").get("usage_usec")
    limit = _text(root / "memory.max").strip()
    now = _text(root / "memory.current").strip()
    memory = None
    if now.isdigit():
        memory = max(float(now) - _table(root / "memory.stat").get("inactive_file", 0.0), 0.0)
    return Container(
        cpus,
        None if used is None else used / 1e6,
        float(limit) if limit.isdigit() else None,
        memory,
    )


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text("ascii")
    return ""


def _table(path: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in _text(path).splitlines():
        name, _, value = line.partition(" ")
        if value.isdigit():
            found[name] = float(value)
    return found
