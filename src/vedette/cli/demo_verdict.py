"""Is the model of the demo still right?  Performance around faults, and what each of them does.

Owns: the two tables about it.  Does not own: asking the server (`cli.demo_server`), faults found
(`cli.demo_tally`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode

from vedette.cli.demo_tally import Fault, Seen
from vedette.core.words import number, percent, points

METRICS = ("accuracy", "roc_auc")
HEAD = ("period", "labels", "accuracy", "", "AUC", "")
UNDER = ("", "", "estimated", "realised", "estimated", "realised")
Ask = Callable[[str], Any]


class Period(NamedTuple):
    """A stretch of the traffic.  Shapes: `segment` "" for all of it."""

    name: str
    start: datetime
    end: datetime
    segment: str = ""


def periods(faults: Sequence[Fault], start: datetime, end: datetime) -> list[Period]:
    """Before the faults, and from each to the next; of the last also its segment, before and
    after."""
    marks = [start, *(fault.since for fault in faults), end]
    names = ["before the faults", *(f"since {fault.short}" for fault in faults)]
    found = [Period(name, *ends) for name, ends in zip(names, pairwise(marks), strict=True)]
    if faults and faults[-1].segment:
        where = faults[-1].segment
        shown = where.partition("=")[2]
        found += [
            Period(f"{shown} before that", start, faults[-1].since, where),
            Period(f"{shown} since", faults[-1].since, end, where),
        ]
    return found


def performance_lines(ask: Ask, model: str, wanted: Sequence[Period]) -> list[str]:
    """How the model did, period by period: estimated without labels, and by them."""
    rows: list[tuple[str, ...]] = [HEAD, UNDER]
    for one in wanted:
        query = {"start": one.start.isoformat(), "end": one.end.isoformat()}
        query |= {"segment": one.segment} if one.segment else {}
        told = ask(f"/api/v1/models/{model}/performance?{urlencode(query)}")
        rows.append((one.name, percent(told["labels"]["coverage"]), *_figures(told["total"])))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _figures(total: Mapping[str, Any]) -> Iterator[str]:
    for name in METRICS:
        own = total.get(name, {})
        for side in ("estimated", "realised"):
            told = own.get(side)
            doubt = " ?" if side == "estimated" and own.get("trusted") is False else ""
            yield "-" if told is None else f"{number(told['value'], 3)}{doubt}"


def fault_lines(ask: Ask, seen: Seen) -> Iterator[str]:
    """What every fault that was found does to the predictions."""
    for fault in seen.faults:
        if fault in seen.by:
            told = ask(f"/api/v1/incidents/{seen.by[fault]}/explanation")
            yield f"{fault.what}: {_verdict(fault, told)}"


def _verdict(fault: Fault, told: Mapping[str, Any]) -> str:
    why = told["explanation"]
    if why is None:
        return f"unknown; {told['reason']}"
    places = [at for at, one in enumerate(why["causes"]) if one["column"] == fault.column]
    if not places:
        return str(why["harm"]["verdict"])
    cause = why["causes"][places[0]]
    if cause["verdict"] != "harmful":
        said = cause["statement"].partition(": ")[2]
        return f"{cause['verdict']}; {said}"
    span = f"{points(cause['low'])} to {points(cause['high'])}"
    worst = f"; worst where {why['segments'][0]['words']}" if why["segments"] else ""
    first = "the first cause" if places[0] == 0 else "a cause"
    return (
        f"harmful; {fault.column} is {first}, {points(cause['effect'])} points of loss "
        f"(95 %: {span}){worst}"
    )
