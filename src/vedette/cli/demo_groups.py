"""Are travellers of every airline of the demo warned alike?

Owns: the table about it, before the fault that hurts one airline and since.  Does not own: asking
the server (`cli.demo_server`), faults found (`cli.demo_tally`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from vedette.core.words import count, number, percent, points

HEAD = ("airline", "flights", "warned", "times the rest", "late ones warned of", "points", "")
SHOWN = 3  # airlines: the farthest off
Ask = Callable[[str], Any]


def group_lines(ask: Ask, model: str, start: datetime, fault: datetime, end: datetime) -> list[str]:
    """How the airline that suffers was treated before the fault; since it, the farthest off."""
    before, since = (_asked(ask, model, *span) for span in ((start, fault), (fault, end)))
    worst = _ranked(since)[:SHOWN]
    if not worst:
        return [since["statement"]]
    rows: list[tuple[str, ...]] = [HEAD]
    if worst[0] in _figures(before):
        rows.append(_row(f"{_short(worst[0])} before", _figures(before)[worst[0]]))
    rows += [_row(_short(name), _figures(since)[name]) for name in worst]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [*lines, *_untold(since)]


def _asked(ask: Ask, model: str, start: datetime, end: datetime) -> Any:
    query = urlencode({"start": start.isoformat(), "end": end.isoformat()})
    return ask(f"/api/v1/models/{model}/fairness?{query}")


def _figures(told: Any) -> dict[str, dict[str, Any]]:
    """The comparisons of every airline by metric."""
    found: dict[str, dict[str, Any]] = {}
    for rate in told["rates"]:
        found.setdefault(rate["group"], {})[rate["metric"]] = rate
    return found


def _ranked(told: Any) -> list[str]:
    """The airlines that are surely apart, the farthest first."""
    figures = _figures(told)
    apart = {
        name: max(abs(one["difference"]) for one in _judged(own) if one["verdict"] == "alarming")
        for name, own in figures.items()
        if any(one["verdict"] == "alarming" for one in _judged(own))
    }
    return sorted(apart, key=lambda name: -apart[name])


def _judged(own: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for metric in ("selection_rate", "true_positive_rate"):
        if metric in own and own[metric]["difference"] is not None:
            yield own[metric]


def _row(name: str, own: dict[str, Any]) -> tuple[str, ...]:
    warned, caught = own["selection_rate"], own.get("true_positive_rate", {})
    verdicts = [one["verdict"] for one in _judged(own)]
    return (
        name,
        count(warned["n"]),
        percent(warned["rate"]),
        f"{number(warned['ratio'], 2)} ({_span(warned, 'ratio', lambda x: number(x, 2))})",
        "-" if caught.get("rate") is None else percent(caught["rate"]),
        "" if caught.get("difference") is None
        else f"{points(caught['difference'])} ({_span(caught, 'difference', points)})",
        "beyond the limits" if "alarming" in verdicts else "",
    )  # fmt: skip


def _span(one: dict[str, Any], what: str, spelt: Callable[[float], str]) -> str:
    return f"{spelt(one[f'{what}_low'])} to {spelt(one[f'{what}_high'])}"


def _untold(told: Any) -> Sequence[str]:
    """Of how many airlines nothing can be told yet, and what one of them lacks."""
    own = [one for one in told["rates"] if one["metric"] == "selection_rate"]
    open_ = [one for one in own if one["verdict"] == "unknown"]
    if not open_:
        return []
    lacking = [one for one in open_ if one["rows_lacking"] and one["rate"] is not None]
    first = min(lacking, key=lambda one: one["rows_lacking"], default=None)
    example = (
        "" if first is None
        else f"; {_short(first['group'])} needs about {count(round(first['rows_lacking']))} more"
    )  # fmt: skip
    return [f"cannot tell yet of {len(open_)} of {len(own)} airlines: too few flights{example}"]


def _short(group: str) -> str:
    return group.partition("=")[2]
