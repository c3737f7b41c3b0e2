"""Which files paths, globs and folders stand for.

Owns: finding them, the order in which they are read.  Does not own: what a folder's files of a kind
are called (the kinds).
"""

import glob
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
        tables = _tables(path) if kind.takes_tables else set()
        yield from tables
        for pattern in kind.files:
            for one in path.rglob(pattern):
                hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
                if one.is_file() and not hidden and tables.isdisjoint(one.parents):
                    yield one
    elif path.exists():
        yield path
    elif glob.has_magic(text):
        for name in glob.iglob(str(path), recursive=True):  # noqa: PTH207 - absolute patterns too
            one = Path(name)
            if one.is_file() or (kind.takes_tables and is_delta(one)):
                yield one


def _tables(folder: Path) -> set[Path]:
    """The Delta tables that a folder is or holds."""
    return {log.parent for log in (folder / LOG, *folder.rglob(LOG)) if log.is_dir()}


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
