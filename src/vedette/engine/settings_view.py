"""What there is to see of a model's settings: where each value comes from, what the budget is for.

Owns: the values and how they follow from a model's state.  Does not own: showing them (`web`),
which may be changed (`engine.saved`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vedette.engine.model import ModelState
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import CLOCK_OF, PAIRS, Plan, Rung
from vedette.engine.saved import COLUMNS, IMPORTANCE, PLAIN
from vedette.monitors.catalog import MONITORS

FILE, DEFAULT, SAVED = "file", "default", "saved"  # where a value comes from


class Valued(msgspec.Struct, frozen=True, kw_only=True):
    """One setting.  `file` is what holds without what was saved; `at` UTC nanoseconds."""

    name: str
    column: str = ""
    value: Any
    origin: str
    file: Any = None
    by: str = ""
    at: int | None = None
    note: str = ""


class Budgeted(msgspec.Struct, frozen=True, kw_only=True):
    """One monitor: how many streams it watches, and its share of the model's budget in [0, 1], by
    part of the budget too.  A monitor that does not run has none, and a reason."""

    monitor: str
    clock: str
    streams: int = 0
    share: float = 0.0
    parts: Mapping[str, float] = {}
    reason: str = ""


class SettingsView(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a model in force.  `columns` are those that are watched."""

    model: str
    values: Sequence[Valued]
    monitors: Sequence[Budgeted]
    columns: Sequence[str] = ()
    effects: Mapping[str, float] = {}  # of the columns with a smallest effect of their own
    saved: int = 0  # how many values people saved


def settings_view(state: ModelState) -> SettingsView:
    """The settings of a model as they are now."""
    columns = () if state.baseline is None else state.baseline.columns
    return SettingsView(
        model=state.name,
        values=[_plain(state, name) for name in PLAIN] + _by_column(state),
        monitors=_monitors(state),
        columns=list(columns),
        effects=state.settings.effects(columns),
        saved=len(state.saved),
    )


def _plain(state: ModelState, name: str) -> Valued:
    file = getattr(state.of_file, name)
    return _valued(state, name, "", getattr(state.settings, name), file, getattr(_USUAL, name))


def _by_column(state: ModelState) -> list[Valued]:
    """Values of single columns: what was saved, and what the file says of columns that are
    there."""
    found = []
    plan = state.plan
    columns = () if plan is None else plan.baseline.columns
    effects, importance = state.of_file.effects(columns), state.of_file.importance
    for name, of_file in ((COLUMNS, effects), (IMPORTANCE, importance)):
        saved = [p.partition("/")[2] for p in state.saved if p.startswith(f"{name}/")]
        for column in sorted({*of_file, *saved}):
            one = state.saved.get(f"{name}/{column}")
            value = of_file.get(column) if one is None else one.value
            shown = "min_effect" if name == COLUMNS else name
            found.append(_valued(state, shown, column, value, of_file.get(column), None))
    return found


def _valued(state: ModelState, name: str, column: str, value: Any, file: Any, usual: Any) -> Valued:
    place = name if not column else f"{COLUMNS if name == 'min_effect' else name}/{column}"
    one = state.saved.get(place)
    plain = [list(v) if isinstance(v, tuple) else v for v in (value, file)]
    if one is None:
        origin = DEFAULT if file == usual else FILE
        return Valued(name=name, column=column, value=plain[0], origin=origin, file=plain[1])
    return Valued(
        name=name, column=column, value=plain[0], origin=SAVED, file=plain[1],
        by=one.by, at=one.at, note=one.note,
    )  # fmt: skip


def _monitors(state: ModelState) -> list[Budgeted]:
    plan = state.plan
    found = {} if plan is None else _running(plan)
    return [
        found.get(name) or Budgeted(monitor=name, clock=clock, reason=_why_not(state, name))
        for name, clock in CLOCK_OF.items()
        if name in MONITORS
    ]


def _running(plan: Plan) -> dict[str, Budgeted]:
    """The monitors that run, with what each has of the budget."""
    found = {}
    for rung in plan.rungs:
        part = _part(plan, rung)
        for at, (name, monitor) in enumerate(rung.monitors):
            own, weights = rung.streams[rung.part(at)], rung.weights[rung.part(at)]
            parts: dict[str, float] = {}
            for stream, weight in zip(own, weights.tolist(), strict=True):
                parts[stream.share] = parts.get(stream.share, 0.0) + part * weight
            found[name] = Budgeted(
                monitor=name, clock=rung.name, streams=len(monitor.streams),
                share=round(sum(parts.values()), 6),
                parts={share: round(one, 6) for share, one in parts.items()},
            )  # fmt: skip
    return found


def _part(plan: Plan, rung: Rung) -> float:
    """A clock's part of the alarms: what its threshold allows in a period, of the budget."""
    if not rung.monitors:
        return 0.0
    settings = plan.settings
    return settings.period_ns / rung.width / rung.threshold / settings.budget


def _why_not(state: ModelState, name: str) -> str:
    if name in state.settings.without:
        return "left out in the settings"
    if state.plan is None:
        return "there is no baseline yet"
    if CLOCK_OF[name] == PAIRS and not state.twins.watched:
        return "no twin has found its event yet"
    if state.phase != "watching":
        return "waits for the end of the warm-up"
    return "has nothing to watch under this baseline"


_USUAL = ModelSettings()
