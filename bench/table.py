"""Measure a command as a child process, and print what was promised beside what was measured.

Owns the measuring (wall, CPU, peak memory), the medians and the text tables. Does not know what is
measured. The parent must stay small: Linux counts its memory at the fork towards the peak of the
child, so a bench imports no numpy and has its files written by another child.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Run:
    """One finished child. Units: seconds, seconds of user + system time, MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int
    out: str
    err: str


def measure(command: Sequence[object], cores: set[int] | None = None) -> Run:
    """Run a command to its end, held to the given cores if any, and return what it cost."""
    before = os.sched_getaffinity(0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.sched_setaffinity(0, cores or before)  # inherited by the child
        try:
            start = time.perf_counter()
            child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            wall_s = time.perf_counter() - start
        finally:
            os.sched_setaffinity(0, before)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Run(
            wall_s,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            child.returncode,
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
        )


def median(runs: Sequence[Run]) -> Run:
    """Return the last run with the median of each figure in place of its own."""
    return replace(
        runs[-1],
        wall_s=statistics.median(run.wall_s for run in runs),
        cpu_s=statistics.median(run.cpu_s for run in runs),
        peak_mib=statistics.median(run.peak_mib for run in runs),
    )


@dataclass(frozen=True)
class Promise:
    """A public promise beside its measurement. `kept` is None where this run cannot judge it."""

    promise: str
    measured: str
    kept: bool | None


def promises(rows: Sequence[Promise]) -> str:
    """Return the promises as a table with a verdict each."""
    words = {True: "ok", False: "MISSED", None: "not judged"}
    cells = [(row.promise, row.measured, words[row.kept]) for row in rows]
    return aligned(("promise", "measured", "verdict"), cells)


def aligned(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a text table: floats to two digits and right-aligned, None as a dash."""

    def text(cell: object) -> str:
        if cell is None:
            return "-"
        return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)

    table = [[text(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    right = [any(isinstance(row[i], float) for row in rows) for i in range(len(headers))]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in table
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def verdict_code(rows: Sequence[Promise]) -> int:
    """Return the exit code of a bench: 1 when a promise was missed."""
    return int(any(row.kept is False for row in rows))
