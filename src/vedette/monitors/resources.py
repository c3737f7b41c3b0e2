"""Bounds of well-known readings of resources, where the settings do not say otherwise.

Owns: one literal table.  Does not own: who logs these readings (`sdk.resources`, `sdk.gpu`,
`ingest.scrape`), watching them (`monitors.saturation`).
"""

from collections.abc import Mapping, Sequence

from vedette.core.durations import HOUR, MINUTE
from vedette.profiles.bounds import Bound

RESOURCES: tuple[Bound, ...] = (
    Bound("resource.cpu.utilization", 0.95, 10 * MINUTE, what="the processors are busy"),
    Bound("process.cpu.utilization", 0.95, 10 * MINUTE, what="the processors are busy"),
    Bound("resource.memory.utilization", 0.92, 5 * MINUTE, urgent=True,
          what="the memory is nearly used up"),
    Bound("resource.disk.utilization", 0.92, 5 * MINUTE, urgent=True,
          what="the disk is nearly full"),
    Bound("process.open_files.utilization", 0.9, 5 * MINUTE, urgent=True,
          what="nearly as many files are open as may be"),
    # A busy GPU is what one pays for; one that is never idle has no room for more.
    Bound("gpu.*.utilization", 0.98, HOUR, what="the GPU is never idle"),
    # Servers of language models take nine tenths of it at once.
    Bound("gpu.*.memory.utilization", 0.98, 10 * MINUTE, what="the GPU's memory is used up"),
    Bound("gpu.*.throttled", 0.5, 5 * MINUTE, what="the GPU is slowed down by heat or power"),
    Bound("kv_cache.utilization", 0.95, 5 * MINUTE, what="requests wait for room in the cache"),
    Bound("queue.waiting", 0.0, 30 * MINUTE, lows=True, what="the queue is never empty"),
    Bound("resource.out_of_memory_kills", 0.0, 0, urgent=True,
          what="a process was killed for lack of memory"),
)  # fmt: skip


def in_force(
    defaults: Sequence[Bound], own: Sequence[Bound], without: Sequence[str] = ()
) -> tuple[Bound, ...]:
    """The bounds of the table that are not taken back, then one's own: of several the last wins.

    Example:
        >>> in_force((Bound("a", 1, 0), Bound("b", 1, 0)), (Bound("c", 2, 0),), ("a",))[0].pattern
        'b'
    """
    return (*(one for one in defaults if one.pattern not in without), *own)


DEFAULTS: Mapping[str, Bound] = {one.pattern: one for one in RESOURCES}
