"""An explanation of an incident in a terminal: does it harm, what causes it, where, how sure.

Owns: layout in lines and columns of text.  Does not own: the explanation (`engine.explanation`),
its sentences; every verdict is a word as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, percent, points
from vedette.report.words import moment, visible

STYLES = {"harmful": "bold red", "unknown": "magenta", "benign": "green"}
MARKS = {"harmful": "▲", "unknown": "○", "benign": "●"}
NAMES = {"other inputs": "other inputs", "outcomes": "how rows end"}
SAYS = {
    ("outcomes", "harmful"): "rows of the same kind go wrong more often: concept drift, or a cause "
    "that is not among the columns",
    ("outcomes", "benign"): "rows of the same kind go wrong as often as ever, or less",
    ("other inputs", "harmful"): "columns changed together, or in ways that no single one shows",
    ("other inputs", "benign"): "whatever else changed in the inputs hardly matters",
}
SHOWN = 8  # causes in the table
PLACES = 4  # segments


def render_explanation(document: Mapping[str, Any], console: Console) -> None:
    """Print an incident and its explanation on a console, for a person who is tired.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    why, incident = document["explanation"], document["incident"]
    if why is None:
        console.print(_facts(incident, {"before": None, "rows": 0}))
        console.print(_separation(incident["separation"]))
        return
    console.print(_headline(why, console))
    console.print(_facts(incident, why))
    if incident.get("separation") is not None:
        console.print(_separation(incident["separation"]))
    if why["causes"]:
        console.print()
        console.print(_causes(why["causes"][:SHOWN], console))
    if why["segments"]:
        console.print()
        console.print(_segments(why["segments"][:PLACES]))
    _list(console, "Assumed", [one.removeprefix("assuming ") for one in why["assumptions"]])
    _list(console, "Not known", why["missing"])


def _headline(why: Mapping[str, Any], console: Console) -> Table:
    verdict = why["harm"]["verdict"]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    text = why["statement"].removeprefix(f"{verdict.capitalize()}: ")
    said = visible(text[:1].upper() + text[1:])
    grid.add_row(Text(f"{mark(verdict, console)}{verdict}", STYLES[verdict]), Text(said, "bold"))
    return grid


def _facts(incident: Mapping[str, Any], why: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    shown = f"{incident['id']}, {incident['severity']}, {incident['state']}, of {incident['model']}"
    grid.add_row("incident", Text(visible(shown)))
    grid.add_row("what", Text(visible(incident["title"])))
    begun = f"{moment(incident['onset'])}, found {moment(incident['opened'])} UTC"
    grid.add_row("since", Text(begun))
    if why["before"] is not None:
        by = "by labels" if why["basis"] == "realised" else "estimated, without labels"
        told = f"{loss(why['before'])} in the reference, {loss(why['after'])} now, {by}"
        grid.add_row("loss", Text(told))
    if why["rows"]:
        span = f"{moment(why['start'])} to {moment(why['end'])}"
        known = percent(why["labels"] / why["rows"])
        grid.add_row("rows", Text(f"{count(why['rows'])}, {known} with a label, {span}"))
    return grid


def _separation(found: Mapping[str, Any]) -> Table:
    """What tells the rows of the incident from the reference's."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row("apart", Text(visible(found["statement"])))
    pair = found["together"]
    if pair is not None:
        one, two = pair["columns"]
        said = f"`{one}` and `{two}`: rank correlation {number(pair['before'], 2)}, now "
        grid.add_row("together", Text(visible(said + number(pair["after"], 2))))
    if found["against"]:
        sizes = f"{count(found['rows'])} rows beside {count(found['reference_rows'])}"
        grid.add_row("beside", Text(visible(f"{sizes} of {found['against']}")))
    return grid


def _causes(causes: Sequence[Mapping[str, Any]], console: Console) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("cause", overflow="fold", max_width=18)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True)
    table.add_column("what it says", overflow="fold", ratio=1)
    for cause in causes:
        verdict = cause["verdict"]
        name = cause["column"] or NAMES.get(cause["kind"], cause["kind"])
        table.add_row(
            Text(f"{mark(verdict, console)}{verdict}", STYLES[verdict]),
            Text(visible(name), "bold" if verdict == "harmful" else ""),
            Text(_points(cause["effect"])),
            Text(_interval(cause["low"], cause["high"]), "dim"),
            Text(visible(_about(cause))),
        )
    return table


def _about(cause: Mapping[str, Any]) -> str:
    """What a cause says beyond its numbers."""
    verdict, kind = cause["verdict"], cause["kind"]
    if kind != "column":
        return SAYS.get((kind, verdict), "")
    told = "; ".join(_bin(one) for one in cause["bins"]) if verdict == "harmful" else ""
    if verdict == "unknown":
        whole = cause["statement"].removeprefix("Unknown: ")
        told = whole.partition(" points, which ")[2] or whole  # the interval stands beside it
    if cause["by_model"] is None:
        return told
    scored = f"by scoring the reference {_points(cause['by_model'])}"
    return f"{told}; {scored}" if told else scored


def _bin(one: Mapping[str, Any]) -> str:
    size = max((one["mix"], one["rate"], one["new"]), key=abs)
    return f"{one['words']} ({_points(size)})"


def _segments(places: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("worst where", overflow="fold", ratio=1)
    for name in ("rows", "loss", "expected", "more, points"):
        table.add_column(name, justify="right", no_wrap=True)
    for place in places:
        table.add_row(
            Text(visible(place["words"])),
            count(place["rows"]),
            loss(place["loss"]),
            loss(place["expected"]),
            f"{_points(place['excess'])} ({_interval(place['low'], place['high'])})",
        )
    return table


def _list(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(Padding(Text(title, "dim"), (1, 0, 0, 0)))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for line in lines:
        grid.add_row("  -", Text(visible(line)))
    console.print(grid)


def mark(verdict: str, console: Console) -> str:
    """The verdict's mark where the terminal can show it."""
    return f"{MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""


def loss(value: float | None) -> str:
    """A mean loss, which lies in [0, 1]."""
    return percent(value)


def _points(value: float | None) -> str:
    if value is None:
        return ""
    told = points(value)
    return told if told == "0" or value < 0 else f"+{told}"


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{points(low)} to {points(high)}"
