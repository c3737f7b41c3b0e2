"""A prediction skew in a terminal: the verdict, how rows differ, which features are to blame.

Owns: layout in lines and columns of text.  Does not own: the figures and sentences (the document);
every verdict is a word as well.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, percent, plural, span
from vedette.report import words
from vedette.report.terminal import STYLES

FEATURES = 20  # in the table
FLIPS = 6
MEASURES = {"size": "by how far the answers lie apart", "rows": "by rows"}


def render_prediction_skew(document: Mapping[str, Any], console: Console) -> None:
    """Print a prediction skew on a console, for a person.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    console.print(_headline(document, console))
    console.print(_facts(document))
    if document["unsteady"] is None:
        console.print()
        console.print(_compared(document))
        if document["causes"]:
            console.print()
            console.print(_causes(document))
    for line in lines(document):
        console.print(Padding(Text(words.visible(line)), (1, 0, 0, 0)))


def lines(document: Mapping[str, Any]) -> list[str]:
    """What else is to be known, in sentences."""
    said = list(document["notes"])
    if document["error"]:
        said.append(f"where the model raised, it said first: {document['error']}")
    shared = document["attribution"]
    if shared:
        of = "all" if shared["rows"] == shared["of"] else f"{count(shared['rows'])} of the"
        how = f"{of} {plural(shared['of'], 'row')}"
        said.append(
            f"shared out over {how} that disagree, {MEASURES[shared['by']]}: the Shapley value of "
            "swapping each feature from its online to its offline value"
        )
        if shared["by_random_orders"]:
            said.append(
                f"in {plural(shared['by_random_orders'], 'row')} so many features differ that "
                "random orders stand for all"
            )
    return [f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in said]


def _headline(document: Mapping[str, Any], console: Console) -> Table:
    verdict = document["worst"]
    mark = f"{words.MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    said = words.visible(document["verdict"])
    grid.add_row(Text(f"{mark}{verdict}", STYLES[verdict]), Text(said, "bold"))
    return grid


def _facts(document: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    rows = count(document["replay"]["rows"])
    facts = [
        ("online", f"{document['online']}, {rows} rows replayed"),
        ("offline", document["offline"] or "none: the features that were logged alone"),
        ("model", f"{document['model']}, {plural(len(document['features']), 'feature')}"),
    ]
    for name, said in facts:
        grid.add_row(name, Text(words.visible(said)))
    return grid


def _compared(document: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("compared", overflow="fold", ratio=1)
    for name in ("rows", "differ", "share", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    both = document["offline_features"]
    told = [("served and replayed, same features", document["replay"])]
    if both:
        told += [
            ("replayed, online and offline features", both["by_features"]),
            ("served and replayed with offline features", both["end_to_end"]),
        ]
    for name, one in told:
        ends = span(one["low"], one["high"])
        table.add_row(
            name, count(one["rows"]), count(one["differing"]), percent(one["share"]), ends
        )
        if said := _how(one):
            table.add_row(Text(f"  {words.visible(said)}", "dim"))
    return table


def _how(one: Mapping[str, Any]) -> str:
    if one["flips"]:
        told = [f"{f['served']} is {f['replayed']}: {count(f['rows'])}" for f in one["flips"]]
        more = f", {len(told) - FLIPS} more" if len(told) > FLIPS else ""
        return f"{', '.join(told[:FLIPS])}{more}"
    size = one["size"]
    if size is None:
        return ""
    return (
        f"by {number(size['median'], 3)} in the median, {number(size['p95'], 3)} or more in one of "
        f"20, {number(size['largest'], 3)} at most; served higher in "
        f"{percent(size['served_higher'])}"
    )


def _causes(document: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("feature", overflow="fold", ratio=1)
    for name in ("differs in", "explains", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in document["causes"][:FEATURES]:
        ends = "" if one["low"] is None else span(one["low"], one["high"])
        share = "no disagreement" if one["share"] is None else percent(one["share"])
        feature = Text(words.visible(one["feature"]), "bold")
        table.add_row(feature, percent(one["mismatch_rate"]), share, ends)
    if len(document["causes"]) > FEATURES:
        table.add_row(Text(f"and {len(document['causes']) - FEATURES} more", "dim"))
    return table
