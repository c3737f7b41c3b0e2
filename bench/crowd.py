"""A server's folder with a thousand models: one of 200 columns and days of hourly windows, 999
small ones.  Cached under `.bench/`.

Owns: stepping the wide model and one small model of every fate with the real engine, and copying
the small ones.  Does not own: their rows (`crowd_traffic`), measuring.

A copy has the same entries under a name of the same length; so the bytes of an entry are those of
its original with the names of the model and of its incidents exchanged.  Of its windows it has the
last three days, or the folder would take ten gigabytes; incidents, notes and messages it has all.

    python -m bench.crowd [--quick]
"""

import argparse
import hashlib
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import yaml
from bench.crowd_traffic import END, WIDE, Traffic, small, wide
from bench.data import FOLDER
from bench.load import HOUR, MINUTE

import vedette
from vedette.alerts.message import SENT
from vedette.alerts.notify.outbox import Outbox
from vedette.engine import upkeep
from vedette.engine.keeper import Keeper
from vedette.engine.live import StorageSettings, make_live
from vedette.engine.runner import Runner
from vedette.engine.views import Count
from vedette.monitors.finding import Finding
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.store import EVENTS, NOTE, TICK, Entry, Record

SECOND = 10**9
FULL, QUICK = (30, 48), (5, 3)  # days; hours before the end from which minutes are windows
COPIED = 3 * 24 * HOUR  # of windows
BY_WINDOW = ("look", "profile", "strip", "finding", "snapshot")
HOURLY = {"base": "1h", "fast": "1h", "drift": "1h"}
WARM = {"baseline": {"warm_up": 24}}
MADE_BY = ("core", "sketches", "stats", "profiles", "derive", "monitors", "alerts", "stores",
           "engine")  # fmt: skip


def config(minutes: bool) -> dict[str, object]:
    """The settings: windows of an hour, for the wide model of a minute where they are asked for.

    Small models stay with hours, or a thousand of them would end a window a minute while no events
    of theirs come.
    """
    own: dict[str, object] = {"segments": ["region"]}
    own |= {} if minutes else {"clocks": HOURLY}
    return {"models": {"*": {"clocks": HOURLY, **WARM}, WIDE: {**own, **WARM}}}


def folder(quick: bool = False) -> tuple[Path, float | None]:
    """A folder to copy and serve, with `vedette.yaml` in it, and the seconds that making it took;
    None when it was there."""
    days, minutes = QUICK if quick else FULL
    place = FOLDER / f"crowd-{_digest()}-{days}"
    if place.exists():
        return place, None
    began = time.perf_counter()
    partial = place.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    originals = _step(partial, days, minutes)
    _copy(partial / "state.sqlite", originals)
    (partial / "vedette.yaml").write_text(yaml.safe_dump(config(minutes=True)))
    partial.rename(place)
    return place, time.perf_counter() - began


def _digest() -> str:
    """Of everything that makes the folder what it is."""
    made = hashlib.sha256()
    package = Path(vedette.__file__).parent
    sources = [path for part in MADE_BY for path in sorted((package / part).rglob("*.py"))]
    for path in [Path(__file__), Path(__file__).with_name("crowd_traffic.py"), *sources]:
        made.update(path.read_bytes())
    return made.hexdigest()[:12]


# ---------------------------------------------------------------- stepping


class _World:
    """Log, state and runner of a folder."""

    def __init__(self, place: Path, minutes: bool) -> None:
        routes = {"channels": {"oncall": {"webhook": "https://example.org/hook"}},
                  "routes": [{"to": ["oncall"]}]}  # fmt: skip
        self.settings = make_live({**config(minutes), **routes})
        self.log, self.state = LocalLog(place), LocalState(place / "state.sqlite")
        self.runner = Runner(self.log, Keeper(self.state, self.settings), self.settings)
        self.runner.restore()

    def take(self, record: Record) -> None:
        for position, stored in self.log.append([record]).records:
            self.runner.take(position, stored)

    def close(self, now: int) -> None:
        self.runner.commit(now, force=True)
        self.state.close()
        self.log.close()


def _step(place: Path, days: int, minutes: int) -> list[tuple[str, int]]:
    """Step every model through its days; the originals with how often each is to be there."""
    crowd = [(wide(days), 1), *small(days)]
    world, now = _World(place, minutes=False), 0
    for before in range(24 * days, 0, -1):
        if before == minutes:
            world.close(now)
            world = _World(place, minutes=True)
        now = _hour(world, [one for one, _ in crowd], before, by_minute=before <= minutes)
        if before % 24 == 1:
            _describe(world, [one for one, _ in crowd if one.name in world.runner.models], now)
            _tidy(world, now)
            _say(f"{24 * days - before + 1} of {24 * days} hours stepped")
    _refuse(world, now)
    world.close(now)
    return [(one.name, count) for one, count in crowd if one.name != WIDE]


def _hour(world: _World, crowd: Sequence[Traffic], before: int, *, by_minute: bool) -> int:
    """One hour of everybody, each body some seconds late, and what people did in it."""
    at = END - before * HOUR
    for one in crowd:
        one.moved(before)
        if not one.serves(before):
            continue
        step = MINUTE if by_minute and one.name == WIDE else HOUR
        for start in range(at, at + HOUR, step):
            rows = one.batch(start, start + step)
            world.take(Record(EVENTS, one.name, start + step + 3 * SECOND, rows))
            if step == MINUTE:
                world.runner.commit(start + step + 3 * SECOND)
    now = at + HOUR + 10 * SECOND
    world.take(Record(TICK, "", now))
    _people(world, before, now)
    world.runner.commit(now, force=True)
    return now


def _people(world: _World, before: int, now: int) -> None:
    """Somebody acknowledges the first incident, and leaves a remark on the second."""
    if before % 24 == 6:
        world.take(_note(WIDE, now, act="remark", text="a campaign begins", by="Ann"))
    state = world.runner.models.get(WIDE)
    for incident in () if state is None else state.incidents:
        if incident.state == "open" and before > 48:
            act = {"act": "acknowledge", "incident": incident.id, "by": "Ann"}
            world.take(_note(WIDE, now, **act, note="looking at the feed of the north"))


def _note(model: str, now: int, **act: object) -> Record:
    return Record(NOTE, model, now, note=msgspec.json.encode(act))


def _tidy(world: _World, now: int) -> None:
    """What a server does beside: compact, forget, deliver."""
    world.log.compact(world.state.position, whole=True)
    upkeep.forget(world.log, world.state, StorageSettings(), now)
    outbox = Outbox(world.state)
    for group in outbox.due("oncall", now):
        for message in group:
            outbox.done(message, SENT, now, "")


def _describe(world: _World, crowd: Sequence[Traffic], now: int) -> None:
    """What the service writes of every model."""
    keeper = world.runner.keeper
    for one in crowd:
        body = msgspec.json.encode(Count(duplicates=3, rejected=40))
        keeper.put("model", one.name, "counts", now, body)
        settings = msgspec.json.encode(world.settings.of(one.name))
        keeper.put("model", one.name, "settings", now, settings)
    world.runner.commit(now, force=True)


def _refuse(world: _World, now: int) -> None:
    """Some refused events."""
    keeper = world.runner.keeper
    for at in range(100):
        about = {"id": f"event-{at}", "row": at, "reason": "has no features", "event": {"id": at}}
        body = msgspec.json.encode({**about, "received": now - at * HOUR})
        keeper.put("quarantine", WIDE, f"{at:016x}", now - at * HOUR, body)


# ---------------------------------------------------------------- copying


def _copy(path: Path, originals: Sequence[tuple[str, int]]) -> None:
    """Put every original under further names; without indexes meanwhile, which is ten times
    faster."""
    with sqlite3.connect(path, isolation_level=None) as to:
        to.execute("PRAGMA synchronous = OFF")
        to.execute("PRAGMA cache_size = -500000")
        indexes = to.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            to.execute(f"DROP INDEX {name}")
        for name, count in originals:
            asked = "SELECT kind, model, key, time, body FROM entry WHERE model = ?"
            every = [Entry(*row) for row in to.execute(asked, (name,))]
            entries = [e for e in every if e.kind not in BY_WINDOW or e.time >= END - COPIED]
            to.execute("BEGIN")
            for number in range(1, count):
                copies = _copied(entries, name, f"{name[:-4]}{number:04d}")
                to.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", copies)
            to.execute("COMMIT")
            size = sum(len(entry.body) for entry in entries)
            _say(f"{name}: {len(entries)} entries, {size >> 10} KiB, {count} times")
        for _, made in indexes:
            to.execute(made)
        to.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    to.close()


def _copied(entries: Sequence[Entry], old: str, new: str) -> Iterator[Entry]:
    """The entries of a model under another name of the same length."""
    exchanged = {old.encode(): new.encode()}
    for entry in entries:
        if entry.kind == "incident":
            fresh = hashlib.sha256(f"{entry.key} {new}".encode()).hexdigest()[:16]
            exchanged[entry.key.encode()] = fresh.encode()
    for entry in entries:
        key, body = entry.key.encode(), entry.body
        if entry.kind != "baseline":  # made of rows alone: the name is not in it
            for before, after in exchanged.items():
                key, body = key.replace(before, after), body.replace(before, after)
        if entry.kind == "finding":
            key = msgspec.json.decode(body, type=Finding).id.encode()
        yield Entry(entry.kind, new, key.decode(), entry.time, body)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Make the folder and say where it is."""
    parser = argparse.ArgumentParser(description="Make the folder of the bench of pages.")
    parser.add_argument("--quick", action="store_true")
    place, took = folder(parser.parse_args().quick)
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    print(f"{place}: {size >> 20} MiB" + (f", made in {took:.0f} s" if took else ", was there"))


if __name__ == "__main__":
    main()
