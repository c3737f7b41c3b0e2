"""A model's state as bytes.

Owns: writing and reading what must survive a restart.  Does not own: where it is kept.  What
follows from settings and baseline (the plan) is made anew; states of monitors are frozen
dataclasses of arrays and plain numbers, written field by field.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import msgspec
import numpy as np

from vedette.alerts.alarms import Alarms
from vedette.alerts.incident import Incident
from vedette.core.errors import StoreError, UsageError
from vedette.engine.model import (
    Clock,
    Metered,
    ModelState,
    Outcomes,
    Tally,
    Twins,
    Watch,
    begin_watch,
    renewed,
)
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import LASTING, Plan, Rung
from vedette.engine.rare_event import RareEvent
from vedette.engine.remembered import packed, unpacked
from vedette.engine.saved import Saved, in_force, valid
from vedette.monitors.monitor import Monitor
from vedette.profiles.codec import pack, unpack
from vedette.profiles.profile import Profile

Monitors = Sequence[tuple[str, Monitor[Any]]]
Rare = dict[int, tuple[RareEvent, ...]]

VERSION = 1
FIRST = 19  # parts that a snapshot of this version always had
ADDED: tuple[Any, ...] = (
    (),
    (),
    {},
    None,
    None,
    None,
    None,
    None,
    {},
    None,
)  # those kept since, which one written before lacks


def encode(state: ModelState) -> bytes:
    """Write a state in which no rows wait.

    Errors: UsageError when some do: they would count twice or never.
    """
    if state.pending:
        raise UsageError("snapshot", "rows are waiting to be counted", got=state.pending_rows)
    plan = state.plan
    return msgspec.msgpack.encode(
        [
            VERSION,
            state.name,
            state.phase,
            "" if plan is None else plan.baseline_id,
            _terms(state),
            _plain(state.clock),
            _plain(state.tally),
            _profiles_out(state.base),
            state.base_closed,
            _watch_out(state.fast, None if plan is None else plan.fast),
            _watch_out(state.drift, None if plan is None else plan.drift),
            [msgspec.json.encode(incident) for incident in state.incidents],
            state.version,
            dict(state.versions),
            state.learnt_from,
            state.learnt,
            state.refit_at,
            state.wanted,
            sorted(state.unsent.items()),
            list(state.traffic),
            list(state.opened),
            {place: msgspec.to_builtins(one) for place, one in state.saved.items()},
            _effects(state),
            _watch_out(state.labels, None if plan is None else plan.labels),
            _outcomes_out(state.outcomes, [] if plan is None else plan.labels.monitors),
            _plain(state.twins),
            _watch_out(state.pairs, None if plan is None else plan.pairs),
            msgspec.to_builtins(state.rare),
            _plain(state.metered),
        ]
    )


def about(data: bytes) -> tuple[str, str]:
    """The id of the baseline that a snapshot was made under, "" for none; and the phase."""
    parts = _read(data)
    return parts[3], parts[2]


def watches_twins(data: bytes) -> bool:
    """Whether pairs of twins were watched by then: that decides how the budget is split."""
    return _twins_in(_read(data)[FIRST + 6]).watched


def metered(data: bytes) -> Metered:
    """The logged metrics that were known by then: they have streams of their own."""
    return _metered_in(_read(data)[FIRST + 9])


def saved(data: bytes, file: ModelSettings) -> dict[str, Saved]:
    """The settings that somebody saved, over those of the file."""
    return valid(file, msgspec.convert(_read(data)[FIRST + 2], dict[str, Saved]))


def decode(data: bytes, settings: ModelSettings, plan: Plan | None) -> ModelState:
    """Read what `encode` wrote; `settings` are those of the file, `plan` is the one of its baseline
    under these and what was saved.

    Where the settings give monitors other terms than before, their evidence begins anew.
    Errors: StoreError for bytes that are no snapshot.
    """
    try:
        return _made(_read(data), settings, plan)
    except (KeyError, TypeError, ValueError, msgspec.DecodeError) as error:
        raise StoreError("snapshot", "is of another version", got=str(error)) from None


def _made(parts: list[Any], settings: ModelSettings, plan: Plan | None) -> ModelState:
    (_, name, phase, _, terms, clock, tally, base, closed, fast, drift, incidents, version,
     versions, learnt_from, learnt, refit_at, wanted, unsent, traffic, opened, kept,
     effects, labels, outcomes, twins, pairs, rare, metrics) = parts  # fmt: skip
    own = valid(settings, msgspec.convert(kept, dict[str, Saved]))
    state = ModelState(
        name,
        in_force(settings, own) if plan is None else plan.settings,
        phase,
        plan,
        Clock(**clock),
        Tally(**tally),
        _profiles_in(base),
        closed,
        incidents=tuple(msgspec.json.decode(text, type=Incident) for text in incidents),
        version=version,
        versions=versions,
        learnt_from=learnt_from,
        learnt=learnt,
        refit_at=refit_at,
        wanted=wanted,
        unsent=dict(unsent),
        traffic=tuple((start, rows) for start, rows in traffic),
        opened=tuple(opened),
        file=settings,
        saved=own,
        twins=_twins_in(twins),
        rare=msgspec.convert(rare, Rare),
        metered=_metered_in(metrics),
    )
    if plan is None:
        return replace(state, outcomes=_outcomes_in(outcomes, ()))
    same = terms == _terms(state) and effects in (None, _effects(state))
    under_way = _outcomes_in(outcomes, plan.labels.monitors if same else ())
    if not same:  # the monitors of labels begin anew, too
        under_way = renewed(under_way, (labels or [0])[0])
    return replace(
        state,
        outcomes=under_way,
        fast=_watch_in(fast, plan.fast, same),
        drift=_watch_in(drift, plan.drift, same),
        labels=begin_watch(plan.labels, 0, {})
        if labels is None
        else _watch_in(labels, plan.labels, same),
        pairs=begin_watch(plan.pairs, 0, {})
        if pairs is None
        else _watch_in(pairs, plan.pairs, same),
    )


def _read(data: bytes) -> list[Any]:
    try:
        parts = msgspec.msgpack.decode(data, type=list)
    except msgspec.DecodeError as error:
        raise StoreError("snapshot", "cannot be read", got=str(error)) from None
    lacks = FIRST + len(ADDED) - len(parts)
    if parts[:1] != [VERSION] or not 0 <= lacks <= len(ADDED):
        raise StoreError("snapshot", "is of another version", want=str(VERSION))
    return [*parts, *ADDED[len(ADDED) - lacks :]]


def _terms(state: ModelState) -> list[Any]:
    """What a change of makes evidence begin anew: streams, weights and thresholds."""
    if state.plan is None:
        return []
    return [
        [rung.width, [list(s) for s in rung.streams], rung.weights.tobytes(), rung.threshold]
        for rung in _rungs(state.plan)
    ]


def _rungs(plan: Plan) -> tuple[Rung, ...]:
    """The clocks; those of labels and of pairs only where they have something to watch."""
    later = (rung for rung in (plan.labels, plan.pairs) if rung.monitors)
    return (plan.fast, plan.drift, *later)


def _effects(state: ModelState) -> list[Any] | None:
    """The smallest effects, the limits between groups and what twins may disagree in, a change of
    which makes evidence begin anew, too."""
    if state.plan is None:
        return None
    found = [state.settings.min_effect, state.settings.effects(state.plan.baseline.columns)]
    grouped = state.plan.baseline.grouping is not None
    found += [list(state.settings.fairness.limits)] if grouped else []
    return found + ([msgspec.to_builtins(state.settings.skew)] if state.twins.watched else [])


def _watch_out(watch: Watch, rung: Rung | None) -> list[Any]:
    names = [] if rung is None else [name for name, _ in rung.monitors]
    return [
        watch.closed,
        _profiles_out(watch.open),
        dict(zip(names, map(_plain, watch.monitors), strict=True)),
        _plain(watch.alarms),
        list(watch.owners),
        watch.total,
        watch.looks,
        list(watch.parts),
    ]


def _watch_in(parts: list[Any], rung: Rung, same: bool) -> Watch:
    closed, profiles, states, alarms, owners, total, looks, *rest = parts
    begun = begin_watch(rung, closed, {})
    begun = replace(begun, open=_profiles_in(profiles))
    if not same:
        return replace(begun, monitors=tuple(_lasting(rung, begun, states)))
    monitors = tuple(
        filled(fresh, states[name])
        for (name, _), fresh in zip(rung.monitors, begun.monitors, strict=True)
    )
    return replace(
        begun,
        monitors=monitors,
        alarms=filled(Alarms(np.zeros(0, np.bool_), np.zeros(0, np.int64)), alarms),
        owners=tuple(owners),
        total=total,
        looks=looks,
        parts=tuple(rest[0]) if rest else (),
    )


def _lasting(rung: Rung, begun: Watch, states: Mapping[str, Any]) -> Iterator[Any]:
    """The states of monitors under other terms: without evidence, and with what lasts."""
    for (name, monitor), fresh in zip(rung.monitors, begun.monitors, strict=True):
        if name in LASTING and name in states:
            yield monitor.reset(
                filled(fresh, states[name]), np.ones(len(monitor.streams), np.bool_)
            )
        else:
            yield fresh


def _profiles_out(profiles: Mapping[int, Profile]) -> list[Any]:
    return [[start, pack(profile)] for start, profile in sorted(profiles.items())]


def _profiles_in(parts: list[Any]) -> dict[int, Profile]:
    return {start: unpack(data) for start, data in parts}


def _outcomes_out(outcomes: Outcomes, monitors: Monitors) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(replace(outcomes, windows={}, anchor=()))
    names = [name for name, _ in monitors] if outcomes.anchor else []
    anchor = dict(zip(names, map(_plain, outcomes.anchor), strict=True))
    return {**plain, "windows": packed(outcomes.windows), "anchor": anchor}


def _outcomes_in(plain: dict[str, Any] | None, monitors: Monitors) -> Outcomes:
    if plain is None:
        return Outcomes()
    held, windows = plain["anchor"], unpacked(plain["windows"])
    anchor = tuple(filled(one.start(), held[name]) for name, one in monitors if held)
    made: Outcomes = filled(
        Outcomes(), {**_plain(Outcomes()), **plain, "windows": {}, "anchor": []}
    )
    return replace(made, windows=windows, anchor=anchor)


def _twins_in(plain: dict[str, Any] | None) -> Twins:
    if plain is None:
        return Twins()
    made: Twins = filled(Twins(), {**_plain(Twins()), **plain})
    return replace(made, sample=tuple((column, tuple(ids)) for column, ids in made.sample))


def _metered_in(plain: dict[str, Any] | None) -> Metered:
    if plain is None:
        return Metered()
    made: Metered = filled(Metered(), {**_plain(Metered()), **plain})
    deploys = tuple((at, version) for at, version in made.deploys)
    return replace(made, names=tuple(made.names), deploys=deploys)


def _plain(value: Any) -> Any:
    """A frozen dataclass, array or number as plain values."""
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "shape": list(value.shape), "data": value.tobytes()}
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def filled(template: Any, plain: Any) -> Any:
    """The value that `_plain` made plain, of the type of a template.

    What is kept only since it was written is as the template has it.
    """
    if isinstance(plain, dict) and plain.keys() == {"dtype", "shape", "data"}:
        array = np.frombuffer(plain["data"], np.dtype(plain["dtype"]))
        return array.reshape(plain["shape"]).copy()
    if is_dataclass(template) and not isinstance(template, type):
        values = {
            field.name: filled(getattr(template, field.name), plain[field.name])
            if field.name in plain
            else _of_as_many(getattr(template, field.name), template, plain)
            for field in fields(template)
        }
        return type(template)(**values)
    if isinstance(template, tuple) and not isinstance(plain, Mapping):
        old = [*template, *[None] * max(len(plain) - len(template), 0)]
        return tuple(filled(t, p) for t, p in zip(old, plain, strict=False))
    return plain


def _of_as_many(part: Any, template: Any, plain: Mapping[str, Any]) -> Any:
    """A part that a state lacks, for as many series as the state is about.

    A template is about those that are watched now, which may be fewer; the state is brought to
    them afterwards, series by series.
    """
    now, then = len(getattr(template, "names", ())), len(plain.get("names", ()))
    if isinstance(part, np.ndarray) and now != then and part.shape[:1] == (now,):
        return np.resize(part, (then, *part.shape[1:]))
    if is_dataclass(part) and not isinstance(part, type):
        parts = {f.name: _of_as_many(getattr(part, f.name), template, plain) for f in fields(part)}
        return type(part)(**parts)
    return part
