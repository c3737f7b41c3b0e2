"""What a disk may hold after the power fails.

Owns: a recorder of every act on a disk, and the legal states that those acts can leave behind.
Does not own: judging a state (`bench_crash`, `tests/journeys/test_crash.py`).

The model is that of a journaling file system at its least obliging: whatever was not synced may
be there in full, in part or not at all, each file and each folder on its own; a write may stop at
any sector of 512 bytes or page of 4 KiB, and a page before the end may be missing, as zeros;
names are durable only when their folder was synced; a rename is there as a whole or not at all.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vedette.stores.local.disk import Disk

SECTOR, PAGE = 512, 4096


@dataclass(frozen=True)
class Act:
    """One act: its name, the inode or path it concerns, and what it writes."""

    verb: str
    file: int = -1
    path: str = ""
    other: str = ""
    offset: int = 0
    data: bytes = b""


class Recorder(Disk):
    """A disk that writes down what is done to it; syncs are believed, not awaited."""

    def __init__(self, root: Path) -> None:
        self.root, self.acts = root, list[Act]()
        self._inodes: dict[int, int] = {}
        self._paths: dict[str, int] = {}
        self._count = 0

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path != self.root else ""

    def make(self, path: Path) -> int:
        file = super().make(path)
        self._inodes[file] = self._paths[self._name(path)] = self._count
        self.acts.append(Act("make", self._count, self._name(path)))
        self._count += 1
        return file

    def open(self, path: Path) -> int:
        file = super().open(path)
        self._inodes[file] = self._paths[self._name(path)]
        return file

    def write(self, file: int, chunks: list[bytes], offset: int) -> None:  # type: ignore[override]
        super().write(file, chunks, offset)
        data = b"".join(bytes(chunk) for chunk in chunks)
        self.acts.append(Act("write", self._inodes[file], offset=offset, data=data))

    def sync(self, file: int) -> None:
        self.acts.append(Act("sync", self._inodes[file]))

    def cut(self, file: int, size: int) -> None:
        super().cut(file, size)
        self.acts.append(Act("cut", self._inodes[file], offset=size))

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        file = self._paths[self._name(new)] = self._paths.pop(self._name(old))
        self.acts.append(Act("rename", file, self._name(old), self._name(new)))

    def remove(self, path: Path) -> None:
        there = path.exists()
        super().remove(path)
        if there:
            self.acts.append(Act("remove", path=self._name(path)))

    def folder(self, path: Path) -> None:
        super().folder(path)
        self.acts.append(Act("folder", path=self._name(path)))

    def sync_folder(self, path: Path) -> None:
        self.acts.append(Act("sync_folder", path=self._name(path)))

    def free(self, path: Path) -> int:
        return 1 << 40


@dataclass
class _File:
    durable: bytes = b""
    pending: list[Act] = field(default_factory=list)


State = dict[str, bytes | None]  # content by path; None for a folder


class Model:
    """What is certain and what is pending after some acts."""

    def __init__(self) -> None:
        self.files: dict[int, _File] = {}
        self.names: dict[str, int] = {}  # durable; -1 for a folder
        self.pending: list[Act] = []  # changes of names

    def do(self, act: Act) -> None:
        """Take one act in."""
        if act.verb == "make":
            self.files[act.file] = _File()
        if act.verb in ("make", "rename", "remove", "folder"):
            self.pending.append(act)
        elif act.verb in ("write", "cut"):
            self.files[act.file].pending.append(act)
        elif act.verb == "sync":
            file = self.files[act.file]
            for change in file.pending:
                file.durable = _changed(file.durable, change)
            file.pending = []
        elif act.verb == "sync_folder":
            inside = [c for c in self.pending if _parent(c.other or c.path) == act.path]
            self.pending = [c for c in self.pending if c not in inside]
            for change in inside:
                _rename(self.names, change)

    def states(self, luck: random.Random, most: int) -> Iterator[State]:
        """Some of the legal states: the extremes first, then chosen by luck, no two alike."""
        told: set[int] = set()
        for number in range(most):
            state = self._state(number, luck)
            key = hash(tuple(sorted((path, data or b"") for path, data in state.items())))
            if key not in told:
                told.add(key)
                yield state

    def _state(self, number: int, luck: random.Random) -> State:
        """Number 0 keeps only what is certain, 1 everything; 2 all names, no pending data; 3 the
        other way round; 4 all names, but no file put in another's place."""
        names = dict(self.names)
        for change in self.pending:
            certain = number in (1, 2) or (number == 4 and change.verb != "rename")
            if certain or (number > 4 and luck.random() < 0.5):
                _rename(names, change)
        content: State = {}
        for path, inode in names.items():
            if not _reachable(path, names):
                continue
            content[path] = None if inode < 0 else self._content(inode, number, luck)
        return content

    def _content(self, inode: int, number: int, luck: random.Random) -> bytes:
        file = self.files[inode]
        data = file.durable
        for change in file.pending:
            if number in (1, 3):
                data = _changed(data, change)
            elif number > 4:
                data = _partly(data, change, luck)
        return data


def _changed(data: bytes, act: Act) -> bytes:
    if act.verb == "cut":
        return data[: act.offset].ljust(act.offset, b"\0")
    data = data.ljust(act.offset, b"\0")
    return data[: act.offset] + act.data + data[act.offset + len(act.data) :]


def _partly(data: bytes, act: Act, luck: random.Random) -> bytes:
    """A change that was not synced: there, gone, torn, or with a hole."""
    way = luck.randrange(5)
    if way == 0:
        return data
    if way == 1 or act.verb == "cut" or not act.data:
        return _changed(data, act)
    grain = luck.choice((SECTOR, PAGE))
    end = act.offset + len(act.data)
    edges = [act.offset, *range(-(-act.offset // grain) * grain, end, grain), end]
    if way in (2, 3):
        torn = luck.choice(edges)
        return _changed(data, Act("write", offset=act.offset, data=act.data[: torn - act.offset]))
    low = luck.randrange(len(edges) - 1)
    first, last = edges[low] - act.offset, edges[low + 1] - act.offset
    hole = act.data[:first] + bytes(last - first) + act.data[last:]
    return _changed(data, Act("write", offset=act.offset, data=hole))


def _rename(names: dict[str, int], act: Act) -> None:
    if act.verb == "make":
        names[act.path] = act.file
    elif act.verb == "folder":
        names[act.path] = -1
    elif act.verb == "remove":
        names.pop(act.path, None)
    else:
        names.pop(act.path, None)
        names[act.other] = act.file


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _reachable(path: str, names: dict[str, int]) -> bool:
    parent = _parent(path)
    return not parent or (parent in names and _reachable(parent, names))


def lay(state: State, root: Path) -> None:
    """Write a state to a folder."""
    root.mkdir()
    for path, data in sorted(state.items()):
        if data is None:
            (root / path).mkdir(parents=True, exist_ok=True)
    for path, data in state.items():
        if data is not None:
            (root / path).write_bytes(data)


class Hasty(Disk):
    """The real disk, without waiting for it."""

    def sync(self, file: int) -> None:
        pass

    def sync_folder(self, path: Path) -> None:
        pass

    def free(self, path: Path) -> int:
        return 1 << 40
