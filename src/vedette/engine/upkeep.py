"""Keeping house: rewriting the log compactly, forgetting what is old.

Owns: what is forgotten when.  Does not own: how stores forget.
"""

from collections.abc import Mapping

from vedette.core.durations import DAY
from vedette.engine.live import StorageSettings
from vedette.engine.plan import BASE, DRIFT, LABELS, PAIRS, QUICK
from vedette.stores.store import PARTS, EventLog, Forgotten, StateStore

EVERY_S = 60.0
TURNS = 10  # rounds in which every model is looked after once
REFUSED = 10_000  # refused events that are kept to be looked at
BATCH = 5_000  # entries removed at once, so that the state is never long busy


def compact(log: EventLog, store: StateStore) -> int:
    """Rewrite what the state has taken in; how many rows."""
    return log.compact(store.position)


def forget(
    log: EventLog,
    store: StateStore,
    storage: StorageSettings,
    now: int,
    *,
    dry_run: bool = False,
    turn: tuple[int, int] = (0, 1),
    parts: int = 0,
) -> list[Forgotten]:
    """Remove what is older than the settings keep; what was, or would be, removed.

    Sides of calls received before `parts` are events by now, and go as well.

    `turn` (k, n) is about every nth model from the kth on: a server need not go through a thousand
    models at once.

    What is of events is counted back from the newest event of its own model: a model whose traffic
    is replayed from last year keeps it, whatever others do.  Refused events count from now.

    Units: `now` UTC nanoseconds of the server's clock.
    """
    newest = newest_events(store, turn)
    gone = _events(log, storage, newest, now, dry_run, parts)
    kept = {BASE: "minutes", QUICK: "minutes"} | dict.fromkeys((DRIFT, LABELS, PAIRS), "profiles")
    for clock, name in kept.items():
        for kind in (
            "profile", "strip", "pace", "performance", "look", "series", "objective", "sample"
        ):  # fmt: skip
            gone += _entries(store, kind, f"{clock}/", storage.age_ns(name), newest, dry_run)
    gone += _entries(store, "finding", "", storage.age_ns("findings"), newest, dry_run)
    gone += _entries(store, "own", "", storage.age_ns("minutes"), {"": now}, dry_run)
    gone += _entries(store, "rare", "", storage.age_ns("events"), newest, dry_run)
    age = storage.age_ns("quarantine")
    models = {entry.model for entry in store.read("quarantine")} if age is not None else set()
    gone += _entries(store, "quarantine", "", age, dict.fromkeys(sorted(models), now), dry_run)
    gone += _surplus(store, "quarantine", dry_run)
    age = storage.age_ns("events")
    if age is not None:  # a replay begins at a day's state and reads the events since
        gone += _entries(store, "snapshot", "day/", age + DAY, _kept(store, newest), dry_run)
    return gone


def newest_events(store: StateStore, turn: tuple[int, int] = (0, 1)) -> dict[str, int]:
    """The newest event of every model, or of every nth, to the window it lies in.

    Units: UTC nanoseconds.
    """
    models = sorted({entry.model for entry in store.read("model")})[turn[0] :: turn[1]]
    found = {m: store.read("profile", m, newest_first=True, limit=1) for m in models}
    return {model: entries[0].time for model, entries in found.items() if entries}


def _events(
    log: EventLog,
    storage: StorageSettings,
    newest: Mapping[str, int],
    now: int,
    dry_run: bool,
    parts: int,
) -> list[Forgotten]:
    age = storage.age_ns("events")
    if age is None and storage.max_bytes is None and not parts:
        return []
    before = None if age is None else {m: at - age for m, at in {**newest, "": now}.items()}
    return list(log.forget(before, storage.max_bytes, dry_run, {PARTS: parts}))


def _kept(store: StateStore, newest: Mapping[str, int]) -> dict[str, int]:
    """Snapshots are timed by the server's clock: how far it was when the newest event came."""
    live = {model: store.get("snapshot", model, "live") for model in newest}
    return {model: entry.time for model, entry in live.items() if entry is not None}


def _entries(
    store: StateStore,
    kind: str,
    prefix: str,
    age: int | None,
    newest: Mapping[str, int],
    dry_run: bool,
) -> list[Forgotten]:
    """Entries of every model that are older than its newest event allows."""
    gone = []
    for model, at in newest.items() if age is not None else ():
        found = store.read(kind, model, end=at - (age or 0), prefix=prefix)
        if found:
            size = sum(len(entry.body) for entry in found)
            where = f"{kind} {prefix}".strip()
            gone.append(
                Forgotten(model, found[0].time, found[-1].time + 1, len(found), size, where)
            )
            for part in range(0, 0 if dry_run else len(found), BATCH):
                store.commit(gone=[(e.kind, e.model, e.key) for e in found[part : part + BATCH]])
    return gone


def _surplus(store: StateStore, kind: str, dry_run: bool) -> list[Forgotten]:
    """Refused events beyond the newest ones: a flood of them must not fill the disk."""
    found = store.read(kind, newest_first=True, limit=REFUSED + BATCH)[REFUSED:]
    if not found:
        return []
    if not dry_run:
        store.commit(gone=[(entry.kind, entry.model, entry.key) for entry in found])
    size = sum(len(entry.body) for entry in found)
    return [Forgotten("", found[-1].time, found[0].time + 1, len(found), size, f"surplus {kind}")]
