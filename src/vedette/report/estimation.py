"""An estimation in a terminal: did the model become worse, every metric, the weakest segments.

Owns: layout in lines and columns of text.  Does not own: the figures (`engine.estimation`); every
verdict is a word as well.
"""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, percent
from vedette.report.explanation import STYLES, mark
from vedette.report.words import visible

SIDES = ("reference", "estimated", "realised")
SEGMENTS = 12  # segments in the table
WORDS = {
    "score": "the score itself, read as a chance",
    "isotonic": "the score, calibrated",
    "trees": "the score and the other columns, by boosted trees",
}
DOUBT = "?: labels disagree with what was estimated of the same rows"
ASSUMED = (
    "Assumed: that labels depend on the row and its score as they did in the reference. Concept "
    "drift breaks that; labels that arrive show it."
)


def render_estimation(document: Mapping[str, Any], console: Console) -> None:
    """Print an estimation on a console, for a person.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    console.print(_headline(document, console))
    console.print(_tables(document))
    console.print()
    console.print(_metrics(document))
    if document["segments"]:
        console.print()
        console.print(_segments(document))
    for line in lines(document):
        console.print(Padding(Text(visible(line)), (1, 0, 0, 0)))


def lines(document: Mapping[str, Any]) -> list[str]:
    """What the estimates rest on, in sentences."""
    if not document["auditor"]:
        return []
    rows = [*document["metrics"], *document["segments"]]
    doubted = [DOUBT] if any(row["trusted"] is False for row in rows) else []
    said = [*doubted, *document["notes"], _auditor(document), ASSUMED]
    return [f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in said]


def verdict_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The verdict, and what it says."""
    verdict = document["harm"]["verdict"] if document["harm"] else "unknown"
    text: str = document["verdict"].removeprefix(f"{verdict.capitalize()}: ")
    return verdict, text[:1].upper() + text[1:]


def sides_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sides of which something is known."""
    return [side for side in SIDES if any(one[side] for one in rows)]


def _headline(document: Mapping[str, Any], console: Console) -> Table:
    verdict, said = verdict_of(document)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row(
        Text(f"{mark(verdict, console)}{verdict}", STYLES[verdict]), Text(visible(said), "bold")
    )
    return grid


def _tables(document: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    one, two = document["reference"], document["current"]
    known = percent(two["labels"] / two["rows"]) if two["labels"] else "none"
    grid.add_row("reference", Text(visible(one["name"])), f"{count(one['rows'])} rows")
    grid.add_row(
        "current", Text(visible(two["name"])), f"{count(two['rows'])} rows, {known} with a label"
    )
    return grid


def _metrics(document: Mapping[str, Any]) -> Table:
    sides = sides_of(document["metrics"])
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("metric", no_wrap=True)
    for side in sides:
        table.add_column(side, no_wrap=True)
    for one in document["metrics"]:
        table.add_row(one["metric"], *(Text(_told(one, side)) for side in sides))
    return table


def _segments(document: Mapping[str, Any]) -> Table:
    shown = document["segments"][:SEGMENTS]
    sides = sides_of(shown)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(f"{shown[0]['metric']} where", overflow="fold", ratio=1)
    table.add_column("rows", justify="right", no_wrap=True)
    for side in sides:
        table.add_column(side, no_wrap=True)
    for one in shown:
        told = [Text(_told(one, side)) for side in sides]
        table.add_row(Text(visible(one["segment"])), count(one["rows"]), *told)
    if len(document["segments"]) > SEGMENTS:
        table.add_row(Text(f"and {len(document['segments']) - SEGMENTS} more", "dim"))
    return table


def _told(one: Mapping[str, Any], side: str) -> str:
    found = one[side]
    if found is None:
        return ""
    half = max(found["high"] - found["value"], found["value"] - found["low"])
    places = min(max(1 - floor(log10(half)), 0), 6) if half > 0 else 4
    doubt = " ?" if side == "estimated" and one["trusted"] is False else ""
    return f"{found['value']:,.{places}f} ±{half:,.{places}f}{doubt}"


def _auditor(document: Mapping[str, Any]) -> str:
    auditor = document["auditor"]
    if auditor is None:
        return ""
    losses = ", ".join(f"{name} {number(loss, 4)}" for name, loss in auditor["log_loss"].items())
    words = WORDS.get(auditor["kind"], auditor["kind"])
    return (
        f"Estimated from {words}: chosen on {count(auditor['rows'])} labelled rows of the "
        f"reference by out-of-fold log loss ({losses})."
    )
