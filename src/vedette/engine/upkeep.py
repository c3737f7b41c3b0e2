"""Keeping house: rewriting the log compactly, forgetting what is old.

Owns: what is forgotten when.  Does not own: how stores forget.
"""

from vedette.core.durations import DAY
from vedette.engine.live import StorageSettings
from vedette.engine.plan import BASE, QUICK
from vedette.stores.store import EventLog, Forgotten, StateStore

EVERY_S = 60.0
REFUSED = 10_000  # refused events that are kept to be looked at
BATCH = 5_000  # entries removed at once, so that the state is never long busy


def compact(log: EventLog, store: StateStore) -> int:
    """Rewrite what the state has taken in; how many rows."""
    return log.compact(store.position)


def forget(
    log: EventLog, store: StateStore, storage: StorageSettings, newest: int, *,
    dry_run: bool = False,
) -> list[Forgotten]:  # fmt: skip
    """Remove what is older than the settings keep, counted back from the newest event; what was, or
    would be, removed.

    Units: `newest` UTC nanoseconds.
    """
    gone = _events(log, storage, newest, dry_run)
    for clock, name in ((BASE, "minutes"), (QUICK, "minutes"), ("drift", "profiles")):
        age = storage.age_ns(name)
        for kind in ("profile", "look"):
            if age is not None:
                gone += _entries(store, kind, f"{clock}/", newest - age, dry_run)
    for kind, name in (("finding", "findings"), ("quarantine", "quarantine")):
        age = storage.age_ns(name)
        if age is not None:
            gone += _entries(store, kind, "", newest - age, dry_run)
    gone += _surplus(store, "quarantine", dry_run)
    age = storage.age_ns("events")
    if age is not None:  # a replay begins at a day's state and reads the events since
        gone += _entries(store, "snapshot", "day/", newest - age - DAY, dry_run)
    return gone


def _events(log: EventLog, storage: StorageSettings, newest: int, dry_run: bool) -> list[Forgotten]:
    age = storage.age_ns("events")
    before = None if age is None else newest - age
    if before is None and storage.max_bytes is None:
        return []
    return list(log.forget(before, storage.max_bytes, dry_run))


def _entries(
    store: StateStore, kind: str, prefix: str, before: int, dry_run: bool
) -> list[Forgotten]:
    found = store.read(kind, end=before, prefix=prefix, limit=BATCH)
    if not found:
        return []
    if not dry_run:
        store.commit(gone=[(entry.kind, entry.model, entry.key) for entry in found])
    size = sum(len(entry.body) for entry in found)
    where = f"{kind} {prefix}".strip()
    return [Forgotten("", found[0].time, found[-1].time + 1, len(found), size, where)]


def _surplus(store: StateStore, kind: str, dry_run: bool) -> list[Forgotten]:
    """Refused events beyond the newest ones: a flood of them must not fill the disk."""
    found = store.read(kind, newest_first=True, limit=REFUSED + BATCH)[REFUSED:]
    if not found:
        return []
    if not dry_run:
        store.commit(gone=[(entry.kind, entry.model, entry.key) for entry in found])
    size = sum(len(entry.body) for entry in found)
    return [Forgotten("", found[-1].time, found[0].time + 1, len(found), size, f"surplus {kind}")]


def size_of(log: EventLog) -> int:
    """How many bytes the log takes.  Units: bytes."""
    return log.size
