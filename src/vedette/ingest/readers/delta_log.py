"""Which files of a Delta table hold rows that were not read before.

Owns: walking a table's log from one version to another.  Does not own: the versions themselves
(the library `deltalake`), rows (`delta`).

Rows of a version may be those of an older one, written anew: OPTIMIZE puts small files together,
DELETE writes what is left of a file.  So it is not the files that say what is new but the commits:
a commit says of all that it adds and removes whether data changed.
Source: the Delta transaction log protocol, `add`, `remove` and `commitInfo`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from vedette.core.errors import StoreError

LOG = "_delta_log"
# Operations that leave rows out, and write no row that was not there.
ONLY_LESS = frozenset({"DELETE"})


class Added(NamedTuple):
    """A file of a table: where it lies below the table's folder, and its partition values, by the
    names that the file's own schema has."""

    path: str
    partition: tuple[tuple[str, Any], ...] = ()
    is_masked: bool = False  # a deletion vector says which of its rows are gone


class Commit(NamedTuple):
    """What one version changed."""

    operation: str
    added: tuple[Added, ...]
    removed: tuple[str, ...]
    is_new: bool  # not only the same rows in other files


def is_delta(path: Path) -> bool:
    """Whether a folder is a Delta table."""
    return (path / LOG).is_dir()


def newest(path: Path) -> tuple[int, int]:
    """The newest version in a table's log, and when it was written; -1 and 0 where there is none.

    Units: nanoseconds since 1970.
    """
    found = max((name for name in _names(path) if _is_commit(name)), default="")
    if not found:
        return -1, 0
    return int(found[:20]), (path / LOG / found).stat().st_mtime_ns


def is_known(path: Path, after: int, to: int) -> bool:
    """Whether the log still says what the versions after one changed, up to another."""
    return all(file.exists() for file in _files(path, after, to))


def commits(path: Path, after: int, to: int) -> list[Commit]:
    """What the versions after one changed, up to another.

    Errors: StoreError for a log that cannot be read.
    """
    return [_commit(file) for file in _files(path, after, to)]


def _files(path: Path, after: int, to: int) -> list[Path]:
    return [path / LOG / f"{version:020d}.json" for version in range(after + 1, to + 1)]


def fresh(changes: Iterable[Commit]) -> list[tuple[Added, tuple[Added, ...]]]:
    """Files that hold rows which none of those before the changes held, and from which each has
    them: the files in which these rows were first, as far as they still say the same.

    Example:
        >>> a, b, both = Added("a"), Added("b"), Added("ab")
        >>> put_together = Commit("OPTIMIZE", (both,), ("a", "b"), False)
        >>> [(now.path, [one.path for one in first]) for now, first in fresh(
        ...     [Commit("WRITE", (b,), (), True), put_together])]
        [('ab', ['b'])]
    """
    held: dict[str, tuple[Added, tuple[Added, ...]]] = {}
    for change in changes:
        gone = [held.pop(name) for name in change.removed if name in held]
        first = tuple(dict.fromkeys(one for _, origins in gone for one in origins))
        if change.is_new and first:  # rows of these are gone: only what is there now says which
            held = {
                name: (now, (now,) if set(origins) & set(first) else origins)
                for name, (now, origins) in held.items()
            }
        only_old = not change.is_new or change.operation in ONLY_LESS
        for one in change.added:
            same = one.path in change.removed  # with other rows masked
            if change.is_new and (first or not (only_old or same)):
                held[one.path] = (one, (one,))
            elif first:
                held[one.path] = (one, first)
    return list(held.values())


def _commit(file: Path) -> Commit:
    operation, changed = "", False
    added: list[Added] = []
    removed: list[str] = []
    for action in _actions(file):
        if (one := action.get("add")) is not None:
            pairs = tuple((one.get("partitionValues") or {}).items())
            added.append(Added(unquote(one["path"]), pairs, bool(one.get("deletionVector"))))
            changed |= bool(one.get("dataChange", True))
        elif (one := action.get("remove")) is not None:
            removed.append(unquote(one["path"]))
            changed |= bool(one.get("dataChange", True))
        elif (one := action.get("commitInfo")) is not None:
            operation = str(one.get("operation") or "")
    return Commit(operation, tuple(added), tuple(removed), changed)


def _actions(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with file.open("rb") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"file '{file}'", "cannot be read as a commit of a Delta table",
                         got=str(error)[:120]) from error  # fmt: skip


def _is_commit(name: str) -> bool:
    return len(name) == 25 and name.endswith(".json") and name[:20].isdigit()


def _names(path: Path) -> Iterator[str]:
    return (one.name for one in (path / LOG).iterdir())
