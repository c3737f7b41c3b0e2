"""One life of a log, and whether what is left after a crash keeps every promise.

Owns: a short script of appends, compactions, restarts and retention on a recorded disk; the judge.
Does not own: the legal states (`crashes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from bench.crashes import Act, Hasty, Recorder

from vedette.core.errors import StoreError
from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, NOTE, OUTCOMES, Record

HOUR = 3600 * 10**9
START = 1_700_000_000 * 10**9


@dataclass
class Life:
    """What was done, and what was acknowledged after how many acts on the disk.

    Shapes: `acked` holds (acts, id, position after its record); `gone` (acts, ids) that retention
    had begun to remove by then.
    """

    acts: list[Act] = field(default_factory=list)
    acked: list[tuple[int, str, int]] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    gone: list[tuple[int, set[str]]] = field(default_factory=list)


def record_of(ids: Sequence[str], received: int, kind: str = EVENTS, pad: int = 40) -> Record:
    """Return a record whose rows have nothing but ids, a time and some text."""
    columns = {
        "_id": pa.array(ids, pa.string()),
        "_time": pa.array([received] * len(ids), pa.timestamp("ns", "UTC")),
        "label" if kind == OUTCOMES else "x": pa.array([name * pad for name in ids]),
    }
    return Record(kind, "m", received, pa.record_batch(columns))


def live(root: Path, steps: int = 12) -> Life:
    """Play the script on a recorded disk."""
    disk, life = Recorder(root), Life()
    root.mkdir()
    life.acts = disk.acts
    log = LocalLog(root, disk=disk, segment_bytes=9_000, secret=None)
    for step in range(steps):
        now = START + step * 5 * HOUR
        ids = [f"{step}-{n}" for n in range(1 + step % 4)]
        records = [record_of(ids, now, pad=60 + 200 * (step % 3))]
        if step % 2:
            records.append(Record(NOTE, "m", now, note=b"note"))
            records.append(record_of([f"o{step}"], now, OUTCOMES))
        life.offered |= {*ids, f"o{step}"}
        for after, record in log.append(records).records:
            if record.rows is not None:
                names = record.rows["_id"].to_pylist()
                life.acked += [(len(disk.acts), name, after) for name in names]
        if step in (3, 6, 9):
            log.compact(log.position, whole=step != 6)
        if step == 7:
            log.close()
            log = LocalLog(root, disk=disk, segment_bytes=9_000)
        if step == 10:
            limit = START + 12 * HOUR
            going = set()
            for batch in log.scan("m", 0, limit):
                going |= set(batch["_id"].to_pylist())
            for batch in log.scan("m", 0, limit, kind=OUTCOMES):
                going |= set(batch["_id"].to_pylist())
            life.gone.append((len(disk.acts), going))
            log.forget(before={"m": limit, "": limit})
    log.close()
    return life


def judge(root: Path, life: Life, acts: int) -> str | None:
    """Open what is left after so many acts, and say which promise is broken, if any."""
    try:
        log = LocalLog(root, disk=Hasty(), segment_bytes=9_000)
    except StoreError as error:
        return f"does not open: {error}"
    try:
        return _judged(log, life, acts)
    except StoreError as error:
        return f"cannot be used: {error}"
    finally:
        log.close()


def _judged(log: LocalLog, life: Life, acts: int) -> str | None:
    acked = {(name, after) for at, name, after in life.acked if at <= acts}
    free = set().union(*(ids for at, ids in life.gone if at <= acts), set())
    stored = [
        (name, after)
        for after, record in log.read()
        if record.rows is not None
        for name in record.rows["_id"].to_pylist()
    ]
    if log.problems():
        return f"damaged: {log.problems()[0]}"
    lost = [pair for pair in acked if pair not in set(stored) and pair[0] not in free]
    if lost:
        return f"lost: {sorted(lost)[:3]}"
    names = [name for name, _ in stored]
    if len(set(names)) < len(names):
        return "counted twice"
    if not set(names) <= life.offered:
        return "invented"
    if [after for _, after in stored] != sorted(after for _, after in stored):
        return "out of order"
    last = life.acked[-1][0]
    recent = [name for name, _ in acked if not name.startswith("o")]
    again = [record_of(recent, START + 20 * HOUR), record_of([f"new{last}"], START + 20 * HOUR)]
    added = log.append(again if recent else again[1:])
    if sum(added.duplicates.values()) < len(recent):
        return "an acknowledged id is taken in again"
    tail = [record.rows["_id"].to_pylist() for _, record in log.read(added.records[0][0] - 1)]
    return None if tail == [[f"new{last}"]] else "not the same after one more append"
