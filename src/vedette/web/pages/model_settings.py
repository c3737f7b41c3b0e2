"""How one model is watched: settings to try and to save, the budget, baselines, the schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from vedette.core.durations import DAY, HOUR
from vedette.core.errors import VedetteError
from vedette.engine import saved
from vedette.engine.saved import spelt
from vedette.engine.settings_view import SAVED, SettingsView
from vedette.engine.trials import Trial
from vedette.engine.views import ModelView
from vedette.monitors.catalog import MONITORS
from vedette.web import acts, documents, lookup, manage
from vedette.web.answers import Answer, Problem, problem_of
from vedette.web.call import Call
from vedette.web.keys import ADMIN
from vedette.web.pages.page import ALL, address, away, read_form, refusal, render
from vedette.web.veil import veil_of

WAIT_S = 8.0  # for a back-test, before the page shows how far it is
SPARE = 2  # empty rows for columns
BASELINES = 10  # the newest; each is read whole
SHOWN = 200  # notes of the time line that are looked through for changes of settings
SAID: Mapping[str, str] = {
    "saved": "Saved. It holds from now on, and after a restart.",
    "back": "Taken back: the settings file holds again.",
    "baseline": "Promoted. Windows are compared with the new baseline from now on.",
}
AGAIN = ("backtest", "by", "note")  # what a page that waits for a back-test keeps
PLAIN = ("budget", "period", "min_effect")  # fields of the form


@dataclass(frozen=True)
class Filled:
    """What the form shows.  Shapes: `effects` (column, smallest effect as text)."""

    words: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    effects: tuple[tuple[str, str], ...] = ()
    by: str = ""
    note: str = ""


def page_model_settings(
    call: Call, said: str = "", status: int = 200, filled: Filled | None = None
) -> Answer:
    """The settings of one model, and what they mean."""
    asked = dict(call.pairs)
    view, seen = call.view(), manage.seen_settings(call)
    trial = _trial(call, view.name, asked.get("backtest", "")) if status == 200 else None
    now = _in_force(seen)
    if filled is None:
        filled = now if trial is None else _overlaid(now, trial.changes, seen)
        by, note = (asked.get(key, "")[: acts.LONGEST] for key in ("by", "note"))
        filled = replace(filled, by=by, note=note)
    store = call.service.store
    return render(
        call,
        "model_settings.html.jinja",
        status,
        model=documents.model_document(view, veil_of(call)),
        may_act=call.key.may(ADMIN, view.name),
        said=said,
        done=SAID.get(asked.get("said", ""), ""),
        lost=bool(asked.get("backtest")) and trial is None and status == 200,
        filled=filled,
        pending=replace(filled, by="", note="") != now,
        tried="" if trial is None or not trial.changes else saved.said(trial.changes),
        spare=range(len(filled.effects), len(filled.effects) + SPARE),
        settings={one.name: manage.valued_document(one) for one in seen.values if not one.column},
        by_column=[manage.valued_document(one) for one in seen.values if one.column],
        saved=[manage.valued_document(one) for one in seen.values if one.origin == SAVED],
        columns=seen.columns,
        monitors=seen.monitors,
        every_monitor=tuple(MONITORS),
        fixed=_fixed(call, view.name),
        backtest=None if trial is None else manage.trial_document(trial, veil_of(call)),
        again=address(_here(view.name), **{key: asked.get(key) for key in AGAIN}),
        baselines=lookup.baselines(store, view.name, ALL._replace(limit=BASELINES), veil_of(call))[
            0
        ],
        stretch=_stretch(view),
        schema=call.service.schema_of(view.name),
        history=_history(call, view.name),
    )


async def form_model_settings(call: Call) -> Answer:
    """Back-test, save, or take one setting back to the file."""
    form, seen = read_form(call), manage.seen_settings(call)
    filled = _given(form)
    here = _here(seen.model)
    try:
        if form.get("do") == "back":
            changes = _back(form.get("name", ""), form.get("column", ""))
            await manage.save(
                call, manage.Change(changes, form.get("note", ""), form.get("by", ""))
            )
            return away(address(here, said="back"))
        changes = _changes(filled, seen)
        if form.get("do") == "backtest":
            trial = manage.begin_trial(call, changes, _moment(form, "start"), _moment(form, "end"))
            await manage.wait_for(call, trial, WAIT_S)
            again = address(here, backtest=trial.id, by=filled.by, note=filled.note)
            return away(f"{again}#backtest")
        await _save(call, form, changes)
    except (VedetteError, Problem) as error:
        problem = problem_of(error)
        if problem.status not in (400, 409, 501):
            raise
        return page_model_settings(call, problem.message, problem.status, filled)
    return away(address(here, said="saved"))


async def form_baseline(call: Call) -> Answer:
    """Promote a period to the baseline."""
    form, name = read_form(call), call.view().name
    try:
        await acts.promote(call, acts.Range(form.get("start", ""), form.get("end", "")))
    except (VedetteError, Problem) as error:
        return page_model_settings(call, refusal(error), 400)
    return away(f"{address(_here(name), said='baseline')}#baselines")


async def _save(call: Call, form: Mapping[str, str], changes: dict[str, Any]) -> None:
    change = manage.Change(changes, form.get("note", ""), form.get("by", ""))
    await manage.save(call, change)


def _here(model: str) -> str:
    return f"/models/{quote(model, safe='')}/settings"


# ------------------------------------------------------------------------------------ the form


def _in_force(seen: SettingsView) -> Filled:
    """The form as the settings are."""
    own = {one.name: one.value for one in seen.values if not one.column}
    effects = tuple(
        (one.column, spelt(one.value))
        for one in seen.values
        if one.column and one.name == "min_effect" and one.origin == SAVED
    )
    return Filled({name: spelt(own[name]) for name in PLAIN}, tuple(own["without"]), effects)


def _overlaid(filled: Filled, changes: Mapping[str, Any], seen: SettingsView) -> Filled:
    """The form with changes that are being tried; None is what the file says."""
    file = {one.name: one.file for one in seen.values if not one.column}
    tried = {name: file[name] if v is None else v for name, v in changes.items() if name in file}
    effects = dict(filled.effects)
    for column, own in (changes.get("columns") or {}).items():
        value = None if own is None else own.get("min_effect")
        effects[column] = "" if value is None else spelt(value)
    return Filled(
        {name: spelt(tried.get(name)) if name in tried else text
         for name, text in filled.words.items()},
        tuple(tried.get("without", filled.without)),
        tuple(effects.items()),
    )  # fmt: skip


def _given(form: Mapping[str, str]) -> Filled:
    """The form as it was sent."""
    places = sorted(
        int(name.removeprefix("column_"))
        for name in form
        if name.startswith("column_") and name.removeprefix("column_").isdigit()
    )
    effects = ((form[f"column_{at}"], form.get(f"effect_{at}", "").strip()) for at in places)
    return Filled(
        {name: form.get(name, "").strip() for name in PLAIN},
        tuple(name for name in MONITORS if form.get(f"without_{name}")),
        tuple(effects),
        form.get("by", ""),
        form.get("note", ""),
    )


def _changes(filled: Filled, seen: SettingsView) -> dict[str, Any]:
    """What the form changes: an empty field takes a saved value back to the file."""
    own = {one.name: one for one in seen.values if not one.column}
    found: dict[str, Any] = {}
    for name in PLAIN:
        text = filled.words.get(name, "")
        value = text if name == "period" else _number(text)
        if text != spelt(own[name].value) and value != own[name].value:
            found[name] = value if text else None
    if set(filled.without) != set(own["without"].value):
        found["without"] = list(filled.without)
    for name, value in found.items():
        if value == own[name].file and own[name].origin == SAVED:
            found[name] = None
    saved = dict(_in_force(seen).effects)
    columns: dict[str, Any] = {}
    for column, text in filled.effects:
        if column and text != saved.get(column, ""):
            columns[column] = {"min_effect": _number(text)} if text else None
    return {**found, "columns": columns} if columns else found


def _back(name: str, column: str) -> dict[str, Any]:
    """The change that takes one setting back to the file."""
    if not column:
        return {name: None}
    return {"columns" if name == "min_effect" else name: {column: None}}


def _number(text: str) -> Any:
    """A number, or the text, which the settings then refuse in their own words."""
    try:
        return float(text)
    except ValueError:
        return text


def _moment(form: Mapping[str, str], name: str) -> int | None:
    text = form.get(name, "").strip()
    return acts.instant_of(text, name) if text else None


# ------------------------------------------------------------------------------------ around it


def _trial(call: Call, model: str, key: str) -> Trial | None:
    trials = call.tools.trials
    return None if trials is None or not key else trials.find(model, key)


def _history(call: Call, model: str) -> list[dict[str, Any]]:
    """The changes that were saved, the newest first."""
    notes = lookup.entries(
        call.service.store, "note", model, ALL._replace(limit=SHOWN), veil_of(call)
    )
    return sorted(
        (
            {**note, "at": documents.instant(int(note.get("at") or 0))}
            for note in notes[0]
            if note.get("act") == "settings"
        ),
        key=lambda note: note["at"] or "",
        reverse=True,
    )


def _fixed(call: Call, model: str) -> list[tuple[str, str]]:
    """What only the settings file says, in words."""
    own = call.settings.of(model)
    clocks, baseline = own.clocks, own.baseline
    came = f"a warm-up of {baseline.warm_up} windows"
    if baseline.file:
        came = f"the file {baseline.file}"
    elif baseline.start:
        came = f"events of {baseline.start} to {baseline.end}"
    return [
        ("looks at rates and traffic every", clocks.fast),
        ("looks at distributions every", clocks.drift),
        ("waits for stragglers", own.lateness),
        ("first baseline from", came),
        ("segments", ", ".join(own.segments) or "none"),
        ("held against the training sample", own.training.file or "none is named"),
        ("schema", own.schema or "learnt from the baseline"),
        ("events that break it", own.enforce),
    ]


def _stretch(view: ModelView) -> tuple[str, str]:
    """What a period to promote is proposed to be: the last week, in whole hours."""
    if view.last_time is None or view.first_time is None:
        return "", ""
    end = view.last_time // HOUR * HOUR
    return _local(max(end - 7 * DAY, view.first_time // HOUR * HOUR)), _local(end)


def _local(at: int) -> str:
    """An instant as a field of a form takes it.

    Example:
        >>> _local(3_600_000_000_000)
        '1970-01-01T01:00'
    """
    return datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%dT%H:%M")
