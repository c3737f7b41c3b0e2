"""Scored rows in a terminal: how many are rare, the rarest of them, why.

Owns: layout in lines and columns of text.  Does not own: scores (`engine.outlier_scores`).
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, p_words
from vedette.report.words import visible

REASONS = 3  # of a row


def render_outliers(document: Mapping[str, Any], console: Console) -> None:
    """Print scored rows on a console, for a person.

    Bounds: fits 80 columns; names and values are printed without markup or control characters.
    """
    console.print(Text(visible(document["verdict"]), "green" if document["ok"] else "red"))
    if not document["rows"]:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("row", justify="right")
    table.add_column("by chance", no_wrap=True)
    table.add_column("distance", justify="right")
    table.add_column("why")
    for row in document["rows"]:
        why = "\n".join(visible(one["reason"]) for one in row["reasons"][:REASONS])
        known = "".join(f"\n{visible(str(value))}" for value in row["id"].values())
        table.add_row(
            Text(count(row["row"]) + known),
            Text(p_words(row["p"])),
            Text(number(row["score"], 3)),
            Text(why),
        )
    console.print()
    console.print(table)
