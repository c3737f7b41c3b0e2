"""Which rows came before, across restarts.

Owns: hashing rows, the set of what was seen, and its files beside the journal.  Does not own: the
set itself (`seen`), which files count (`manifest`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core import rows
from vedette.stores.local import seen as runs
from vedette.stores.local.digest import Digest, Hashes
from vedette.stores.local.disk import Disk
from vedette.stores.local.names import DAY
from vedette.stores.local.segment import Segment
from vedette.stores.store import OUTCOMES, Record

Held = Callable[
    [str, pa.Array], Iterator[pa.RecordBatch]
]  # outcomes of a model's ids, as they came

_MANY = 8  # runs of one day that are merged


class Known:
    """The ids of the horizon."""

    def __init__(self, disk: Disk, folder: Path, secret: bytes, horizon: int) -> None:
        self._disk, self._folder, self._horizon = disk, folder, horizon
        self._digest = Digest(secret)
        self._seen = runs.Seen()
        self._of: dict[int, runs.Run] = {}  # by the number of a closed segment

    def recall(self, names: Iterable[str], segments: Sequence[Segment]) -> list[str]:
        """Learn again what came, from runs and from segments; return the names of lost runs."""
        lost = []
        for name in names:
            run = runs.load(self._folder / name)
            if run is None:
                lost.append(name)
            else:
                self._seen.adopt(run)
        for segment in segments:
            run = runs.load(self._folder / name_of(segment), check=True)
            run = self._read(segment) if run is None else run
            run.name = ""  # not known to be durable
            self._of[segment.number] = run
            self._seen.adopt(run)
        live = {*names, *map(name_of, segments)}
        for path in self._folder.glob("*.ids"):
            if path.name not in live:
                self._disk.remove(path)
        return lost

    def _read(self, segment: Segment) -> runs.Run:
        records = segment.read(segment.first - 1)
        found = [self._digest.of([record]) for _, record in records]
        return _run(np.sort(np.concatenate(found)) if found else _NONE, segment)

    def names(self, kind: str, model: str, ids: pa.Array) -> Hashes:
        """Hash ids within kind and model."""
        return self._digest.names(kind, model, ids)

    def of(self, segment: Segment) -> list[Hashes]:
        """Return the hashes of a segment, sorted, in one or more pieces; not beside an append."""
        run = self._of.get(segment.number)
        return self._seen.young() if run is None else [run.ids]

    def without(
        self, records: Sequence[Record], now: int, held: Held
    ) -> tuple[list[Record], Hashes, dict[str, int]]:
        """Return the records without rows that are known, what to `add` once they are durable, and
        how many rows were dropped per model.  `held` finds outcomes that were taken in before."""
        ids = self._digest.of(records)
        new = self._seen.fresh(ids, now - self._horizon)
        if new.all():
            return [r for r in records if r.rows is None or r.rows.num_rows], ids, {}
        self._keep_returned(records, ids, new, held)
        kept, duplicates, at = [], dict[str, int](), 0
        for record in records:
            if record.rows is not None:
                mask = new[at : at + record.rows.num_rows]
                at += len(mask)
                if gone := len(mask) - int(mask.sum()):
                    duplicates[record.model] = duplicates.get(record.model, 0) + gone
                    record = record._replace(rows=record.rows.filter(pa.array(mask)))
            if record.rows is None or record.rows.num_rows:
                kept.append(record)
        return kept, ids[new], duplicates

    def _keep_returned(
        self, records: Sequence[Record], ids: Hashes, new: NDArray[np.bool_], held: Held
    ) -> None:
        """Mark outcomes as new that say again what was said before something else: a label that
        was corrected and comes back is no repetition.  Changes `new`."""
        at, asked = 0, dict[str, dict[str, list[int]]]()
        for record in records:
            size = 0 if record.rows is None else record.rows.num_rows
            if record.kind == OUTCOMES and record.rows is not None:
                names = record.rows[rows.ID].to_pylist()
                known = asked.setdefault(record.model, {})
                for name in (names[i] for i in np.flatnonzero(~new[at : at + size])):
                    known.setdefault(name, [])
            at += size
        at = 0
        for record in records:
            size = 0 if record.rows is None else record.rows.num_rows
            known = asked.get(record.model, {}) if record.kind == OUTCOMES else {}
            if known and record.rows is not None:
                for i, name in enumerate(record.rows[rows.ID].to_pylist()):
                    if name in known:
                        known[name].append(at + i)
            at += size
        for model, known in asked.items():
            if not known:
                continue
            last: dict[str, int] = {}
            for batch in held(model, pa.array(list(known), pa.string())):
                found = self._digest.of([Record(OUTCOMES, model, 0, batch)]).tolist()
                last.update(zip(batch[rows.ID].to_pylist(), found, strict=True))
            for name, places in known.items():
                before = last.get(name)
                for place in places:
                    own = int(ids[place])
                    new[place] |= before is not None and own != before
                    before = own

    def add(self, ids: Hashes) -> None:
        """Take in what `without` let through."""
        if len(ids):
            self._seen.add(ids)

    def finish(self, segment: Segment) -> None:
        """Close the run of a segment, and write it beside to spare the next start work: without
        waiting for the disk, as its checksum tells whether it got there."""
        run = _run(self._seen.finish(), segment)
        self._seen.runs.append(run)
        self._of[segment.number] = run
        with suppress(OSError):
            runs.save(self._disk, self._folder / name_of(segment), run, sync=False)

    def settle(self, segment: Segment) -> None:
        """Make the run of a segment durable, before the segment goes.  Errors: OSError."""
        run = self._of[segment.number]
        if not run.name:
            self._save(run, name_of(segment))

    def tidied(self, names: Sequence[str]) -> tuple[list[str], list[runs.Run], list[runs.Run]]:
        """Plan fewer runs: the names to keep, the runs that come and those that go.

        Runs wholly older than the horizon go; of one day many become one.
        """
        held = [run for run in self._seen.runs if run.name in names]
        newest = max((run.high for run in self._seen.runs), default=0)
        old = [run for run in held if run.high < newest - self._horizon - DAY]
        days: dict[int, list[runs.Run]] = defaultdict(list)
        for run in held:
            if run not in old:
                days[run.high // DAY].append(run)
        come, go = list[runs.Run](), old
        for day in days.values():
            if len(day) >= _MANY:
                whole = runs.merged(day)
                first, last = day[0].name.split("-")[0], day[-1].name.split("-")[-1]
                self._save(whole, f"{first.removesuffix('.ids')}-{last}")
                come.append(whole)
                go = go + day
        gone = {run.name for run in go}
        return [n for n in names if n not in gone] + [run.name for run in come], come, go

    def swap(self, come: Sequence[runs.Run], go: Sequence[runs.Run]) -> list[Path]:
        """Put the plan into effect; return files of no more use."""
        self._seen.runs = [run for run in self._seen.runs if run not in go] + list(come)
        return [self._folder / run.name for run in go]

    def _save(self, run: runs.Run, name: str) -> None:
        """Write a run durably."""
        runs.save(self._disk, self._folder / name, run, sync=True)
        mapped = runs.load(self._folder / name)
        if mapped is not None:  # from here on the system may drop its pages from memory
            run.ids = mapped.ids
        run.name = name


_NONE: Hashes = np.zeros(0, np.uint64)


def _run(ids: Hashes, segment: Segment) -> runs.Run:
    return runs.Run(ids, segment.low, segment.high)


def name_of(segment: Segment) -> str:
    """Name the file with the ids of a segment."""
    return f"{segment.number:08}.ids"
