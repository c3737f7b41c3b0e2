"""Which files paths, globs and folders stand for.

Owns: finding them, the order in which they are read.  Does not own: what a folder's files of a kind
are called (the kinds).
"""

import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from vedette.core.errors import UsageError
from vedette.ingest.readers.delta_log import LOG, is_delta
from vedette.ingest.readers.record import AGE, Kind


def files_of(kind: Kind, paths: Sequence[str], *, may_lack: bool = False) -> list[Path]:
    """The files of a kind that paths, globs and folders stand for, in the order they are read in.

    Errors: UsageError when there are none, unless they `may_lack`.
    """
    found: dict[Path, None] = {}
    for text in paths:
        own = [path.absolute() for path in _found(text, kind)]
        if not own and not may_lack:
            raise UsageError(f"path {text!r}", "holds no file of this kind",
                             want=f"names like {', '.join(kind.files)}")  # fmt: skip
        found |= dict.fromkeys(own)
    if kind.order == AGE:
        return sorted(found, key=lambda path: (_age(path), natural(str(path))))
    return sorted(found, key=lambda path: natural(str(path)))


def _found(text: str, kind: Kind) -> Iterator[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _within(path, kind)
    elif path.exists():
        yield path
    elif glob.has_magic(text):
        for name in glob.iglob(str(path), recursive=True):  # noqa: PTH207 - absolute patterns too
            one = Path(name)
            if one.is_file() or (kind.takes_tables and is_delta(one)):
                yield one


def _within(folder: Path, kind: Kind) -> Iterator[Path]:
    """The files of a kind in a folder, in one walk through it; a Delta table is one of them."""
    wanted = re.compile("|".join(map(fnmatch.translate, kind.files)))
    for place, inner, names in os.walk(folder):
        if kind.takes_tables and LOG in inner:
            yield Path(place)
            inner.clear()  # what lies within is the table's
            continue
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in names:
            if (
                wanted.match(name)
                and not name.startswith(".")
                and (one := Path(place, name)).is_file()
            ):
                yield one


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts numbers within names by their size.

    Example:
        >>> sorted(["log.10", "log.9"], key=natural)
        ['log.9', 'log.10']
    """
    parts = re.split(r"([0-9]+)", text)  # every second one is a number
    return tuple((int(one), "") if at % 2 else (-1, one) for at, one in enumerate(parts))
