"""Running a stretch of the log again: to the same numbers, or under other settings.

Owns: where a replay begins and ends, comparing what comes of it with what was kept, back-tests.
Does not own: the step; stores.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.windows import iso
from vedette.engine import snapshot
from vedette.engine.batch import Progress, nothing
from vedette.engine.keeper import Keeper
from vedette.engine.live import LiveSettings
from vedette.engine.outputs import Changed, Output
from vedette.engine.runner import LIVE, Runner
from vedette.engine.saved import Kept, Signed, in_force, merged, refused
from vedette.stores.store import NOTE, TICK, Entry, EventLog, Record, StateStore

KEPT = ("look", "finding")  # compared entry by entry
SETTINGS = "settings"  # key under which those of a model are kept


@dataclass(frozen=True)
class Replayed:
    """What a replay found.

    Shapes: `same` and `different` count looks and findings of the period; `missing` are keys that
    were kept and did not come again; `incidents` those that changed in the period, as replayed.
    `note` says what keeps the numbers from being comparable, "" if nothing does.
    """

    model: str
    start: int
    end: int
    records: int
    same: int
    different: tuple[str, ...]
    missing: tuple[str, ...]
    incidents: tuple[Incident, ...]
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether every number came out the same."""
        return not (self.different or self.missing)


def find_incident(store: StateStore, wanted: str) -> Incident:
    """An incident by its id, or the beginning of one.

    Errors: UsageError when there is none, or several.
    """
    found = store.read("incident", prefix=wanted) if wanted else []
    if len(found) != 1:
        known = [entry.key for entry in store.read("incident", newest_first=True, limit=20)]
        raise UsageError(
            f"incident {wanted!r}",
            "is not there" if not found else f"is the beginning of {len(found)}",
            hint=nearest(wanted, known)
            or (f"the newest are {', '.join(known[:5])}" if known else "there are none yet"),
        )
    return msgspec.json.decode(found[0].body, type=Incident)


def replay(
    log: EventLog,
    store: StateStore,
    scratch: StateStore,
    settings: LiveSettings,
    model: str,
    start: int,
    end: int,
    progress: Progress = nothing,
) -> Replayed:
    """Step through the log again, from the last state kept before `start` until event time `end`,
    and compare with what was kept.  `scratch` is an empty store for what comes of it.

    It goes on to the end of the drift window that `end` lies in, for that one's numbers count, too,
    and as long as labels may change what was made of windows before it.
    Errors: UsageError when the period is empty, or nothing of it can be compared.
    """
    if not start < end:
        raise UsageError("replay", "the period is empty", got=f"{iso(start)} to {iso(end)}")
    runner, begin = _runner(log, store, scratch, settings, model, start)
    records = 0
    for position, record in _records(log, model, begin, store.position, progress):
        _take(runner, position, record)
        records += 1
        if _passed(runner, model, end):
            break
    runner.commit(0, force=True)
    same, different, missing = 0, [], []
    for kind in KEPT:
        again = {e.key: e for e in scratch.read(kind, model, start, end)}
        for entry in store.read(kind, model, start, end):
            twin = again.get(entry.key)
            if twin is None:
                missing.append(f"{kind} {entry.key}")
            elif twin.body == entry.body:
                same += 1
            else:
                different.append(f"{kind} {entry.key}")
    if not same and not different:
        raise UsageError(
            f"model {model!r}",
            "nothing of that time can be compared",
            got=f"{iso(start)} to {iso(end)}",
            hint="the log no longer holds it" if missing else "no window was looked at then",
        )
    incidents = [
        msgspec.json.decode(e.body, type=Incident) for e in scratch.read("incident", model)
    ]
    return Replayed(
        model,
        start,
        end,
        records,
        same,
        tuple(different),
        tuple(missing),
        tuple(i for i in incidents if i.opened >= start and i.onset <= end),
        _differs(store, settings, model),
    )


@dataclass(frozen=True)
class Backtest:
    """What other settings would have raised, beside what was raised.

    Shapes: `opened` are incidents as they were opened, in order, under the other settings; `raised`
    those kept by the server in the same stretch.
    """

    model: str
    start: int
    end: int
    records: int
    opened: tuple[Incident, ...]
    raised: tuple[Incident, ...]
    complete: bool = True


class _Halted(Exception):  # noqa: N818 - nothing is wrong
    """A back-test is to end."""


def never() -> bool:
    """Do not stop."""
    return False


def backtest(
    log: EventLog,
    store: StateStore,
    scratch: StateStore,
    settings: LiveSettings,
    model: str,
    start: int | None = None,
    end: int | None = None,
    progress: Progress = nothing,
    *,
    changes: Mapping[str, Any] = {},
    stop: Callable[[], bool] = never,
) -> Backtest:
    """Step through a model's log under other settings, from its first record, and give what would
    have been raised between `start` and `end` of event time.

    The settings are those of the file, what is saved over them now, and `changes` over both, all
    the time; what was saved in the meantime is passed over.  `stop` is asked after every record.
    Errors: UsageError for a model that the log does not know, or what may not be changed.
    """
    _check_model(store, model)
    assumed = {model: _assumed(store, settings, model, changes)}
    keeper = Keeper(scratch, settings, tell=False, elder=store, lean=True)
    runner = Runner(log, keeper, settings, assumed=assumed)
    opened: list[Incident] = []
    records, complete = 0, True

    def seen(what: str, done: int, total: int | None) -> None:
        if stop():
            raise _Halted
        progress(what, done, total)

    try:
        for position, record in _records(log, model, 0, store.position, seen):
            if is_change(record):
                continue
            changed = [o for o in _take(runner, position, record) if isinstance(o, Changed)]
            opened += [change.incident for change in changed if change.event == "opened"]
            records += 1
            if records % 200 == 0:
                runner.commit(record.received)
            if end is not None and _passed(runner, model, end):
                break
    except _Halted:
        complete = False
    state = runner.models.get(model)
    if not complete and (state is None or state.plan is None):
        raise UsageError(f"model {model!r}", "the time was over before its first window")
    if state is None:
        raise UsageError(f"model {model!r}", "the log holds no event of it any more")
    first = start if start is not None else state.clock.first
    last = end if end is not None else state.clock.newest + DAY
    if not complete:
        last = min(last, state.drift.closed)
    inside = [i for i in opened if first <= i.opened <= last]
    raised = [
        msgspec.json.decode(e.body, type=Incident)
        for e in store.read("incident", model, first, last + 1)
    ]
    return Backtest(model, first, last, records, tuple(inside), tuple(raised), complete)


def _assumed(
    store: StateStore, settings: LiveSettings, model: str, changes: Mapping[str, Any]
) -> Kept:
    """What is saved of a model's settings, and changes over it."""
    file, kept = settings.of(model), saved_of(store, settings, model)
    try:
        made = merged(kept, changes, Signed()) if changes else kept
        in_force(file, made)
    except SettingsError as error:
        raise refused(error) from None
    return made


def saved_of(store: StateStore, settings: LiveSettings, model: str) -> Kept:
    """What is saved of a model's settings, as its kept state says."""
    entry = store.get("snapshot", model, LIVE)
    if entry is None:
        return {}
    return snapshot.saved(msgspec.msgpack.decode(entry.body)[2], settings.of(model))


def is_change(record: Record) -> bool:
    """Whether a record is a change of settings."""
    return record.kind == NOTE and msgspec.json.decode(record.note).get("act") == "settings"


def _runner(
    log: EventLog,
    store: StateStore,
    scratch: StateStore,
    settings: LiveSettings,
    model: str,
    start: int,
) -> tuple[Runner, int]:
    """A runner at the last state that was kept before an instant, and the position to read from."""
    _check_model(store, model)
    runner = Runner(log, Keeper(scratch, settings, tell=False, elder=store), settings)
    day = f"day/{start // DAY:08d}"
    earlier = [e for e in store.read("snapshot", model, prefix="day/") if e.key < day]
    if not earlier:
        runner.position = 0
        return runner, 0
    chosen: Entry = max(earlier, key=lambda entry: entry.key)
    runner.take_up(model, chosen.body)
    begin: int = msgspec.msgpack.decode(chosen.body)[0]
    runner.position = begin
    return runner, begin


def _check_model(store: StateStore, model: str) -> None:
    names = sorted({entry.model for entry in store.read("model")})
    if model not in names:
        raise UsageError(
            f"model {model!r}", "is not known here",
            hint=nearest(model, names) or f"models are {', '.join(names[:20]) or 'none yet'}",
        )  # fmt: skip


def _records(
    log: EventLog, model: str, begin: int, stop: int, progress: Progress
) -> Iterator[tuple[int, Record]]:
    """The records that concern a model."""
    for position, record in log.read(begin, stop):
        progress("the log", position - begin, stop - begin)
        if record.model == model or record.kind == TICK:
            yield position, record


def _take(runner: Runner, position: int, record: Record) -> list[Output]:
    try:
        return [output for _, output in runner.take(position, record)]
    except UsageError:  # an act that was refused when it was made
        return []


def _passed(runner: Runner, model: str, end: int) -> bool:
    """Whether what comes changes no number of the time before an instant any more: also labels have
    come, and those that may still be corrected are of later windows."""
    state = runner.models.get(model)
    if state is None or state.plan is None or state.drift.closed < end:
        return False
    if not (state.plan.labels.monitors and state.outcomes.delays.labels):
        return True
    return all(start >= end for start in state.outcomes.windows)


def _differs(store: StateStore, settings: LiveSettings, model: str) -> str:
    """Whether the settings are no longer those under which the numbers were made."""
    entry = store.get("model", model, SETTINGS)
    if entry is None or entry.body == msgspec.json.encode(settings.of(model)):
        return ""
    return "the model's settings have changed since: numbers may differ"
