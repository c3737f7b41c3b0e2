"""From segments to Parquet, and from many small files to few.

Owns: what is rewritten into what.  Does not own: switching over (`log`), files (`parts`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import log2
from pathlib import Path

from vedette.stores.local import parts as files
from vedette.stores.local.disk import Disk
from vedette.stores.local.manifest import Part
from vedette.stores.local.sieve import Names
from vedette.stores.local.tables import by_day, by_time, gathered, joined
from vedette.stores.store import Record

_LARGE = 48 << 20  # bytes; a file of this size is left alone, and no merge takes more in
_MANY = 8  # files of one size in one day's folder that are merged
_QUIET = 64  # files written elsewhere since, after which a day's small files are merged for good


def rewritten(
    disk: Disk, data: Path, records: Iterable[tuple[int, Record]], serial: int, names: Names
) -> list[Part]:
    """Write records as one file per kind, model and day, durably."""
    done, dirty = list[Part](), set[Path]()
    for group, table in gathered(records).items():
        for day, rows in by_day(by_time(table)):
            number = serial + len(done)
            done.append(files.write(disk, data, group, day, number, rows, dirty, names))
    for folder in sorted(dirty):
        disk.sync_folder(folder)
    return done


def merges(parts: Sequence[Part]) -> list[list[Part]]:
    """Say which files are to become one: many of about one size, so that a row is rewritten a few
    times at most; and the rest of a day to which nothing was added for long."""
    folders: dict[tuple[str, str, str], list[Part]] = defaultdict(list)
    for part in parts:
        if part.size < _LARGE:
            folders[part.kind, part.model, part.day].append(part)
    newest = max(map(_serial, parts), default=0)
    found: list[list[Part]] = []
    for small in folders.values():
        if len(small) > 1 and newest - max(map(_serial, small)) >= _QUIET:
            found += _fitting(small)
            continue
        sizes: dict[int, list[Part]] = defaultdict(list)
        for part in small:
            sizes[int(log2(max(part.size, 1)) / 3)].append(part)
        for alike in sizes.values():
            if len(alike) >= _MANY:
                found += _fitting(alike)
    return found


def _fitting(parts: Sequence[Part]) -> list[list[Part]]:
    """Cut a list of files into merges that are not too large."""
    found: list[list[Part]] = [[]]
    for part in parts:
        if found[-1] and sum(p.size for p in found[-1]) + part.size > _LARGE:
            found.append([])
        found[-1].append(part)
    return [group for group in found if len(group) > 1]


def merged(
    disk: Disk,
    data: Path,
    parts: Sequence[Part],
    serial: int,
    names: Names,
    say: Callable[[str], None],
) -> Part | None:
    """Write the rows of several files of one day as one; None when one of them is damaged."""
    tables = [files.whole(data, part, say) for part in parts]
    there = [table for table in tables if table is not None]
    if len(there) < len(tables):
        return None
    table = by_time(joined(there))
    first = parts[0]
    group, dirty = (first.kind, first.model), set[Path]()
    part = files.write(disk, data, group, first.day, serial, table, dirty, names)
    for folder in sorted(dirty):
        disk.sync_folder(folder)
    return part


def _serial(part: Part) -> int:
    return int(Path(part.path).stem)
