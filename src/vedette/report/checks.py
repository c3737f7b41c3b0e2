"""A check of a schema, or of a suite, in a terminal: obeyed or broken, what by how many rows.

Owns: layout in lines and columns of text.  Does not own: the figures (`engine.checked`); every
verdict is a word as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import plural
from vedette.report.terminal import STYLES, mark
from vedette.report.words import visible

LISTED = 40  # violations in the table
NAMED = 12  # unknown columns that are named
WIDEST_NAME = 24
WORDS = {"alarming": "broken", "notable": "tolerated", "unknown": "unknown"}  # by verdict


def render_check(document: Mapping[str, Any], console: Console) -> None:
    """Print the document of a check on a console, for a person.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    verdict = "calm" if document["ok"] else "alarming"
    word = "obeyed" if document["ok"] else "broken"
    console.print(
        Text.assemble(
            (f"{mark(verdict, console)}{word}", STYLES[verdict]),
            "  ",
            (visible(document["verdict"]), "bold"),
        )
    )
    told = [finding for finding in document["findings"] if finding["verdict"] != "calm"]
    if told:
        console.print()
        console.print(_table(told, console))
    for line in _rest(document):
        console.print(Padding(Text(visible(line), "dim"), (1, 0, 0, 0)))


def _table(findings: Sequence[Mapping[str, Any]], console: Console) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("field", overflow="fold", max_width=WIDEST_NAME)
    table.add_column("what is wrong", overflow="fold", ratio=1)
    for finding in findings[:LISTED]:
        verdict = finding["verdict"]
        word = WORDS[verdict]
        table.add_row(
            Text(f"{mark(verdict, console)}{word}", STYLES[verdict]),
            Text(visible(finding["column"]), "bold"),
            Text(visible(finding["reason"])),
        )
    more = len(findings) - LISTED
    if more > 0:
        table.add_row("", "", Text(f"and {plural(more, 'more violation')}", "dim"))
    return table


def _rest(document: Mapping[str, Any]) -> list[str]:
    broken = sum(column["verdict"] != "calm" for column in document["columns"])
    obeyed = len(document["columns"]) - broken
    lines = [f"{plural(obeyed, 'field or rule', 'fields and rules')} obeyed"] if broken else []
    if document.get("unknown"):
        names = ", ".join(document["unknown"][:NAMED])
        more = len(document["unknown"]) - NAMED
        rest = f" and {more} more" if more > 0 else ""
        lines.append(f"the schema says nothing of: {names}{rest}")
    return lines
