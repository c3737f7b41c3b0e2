"""An audit of fairness in a terminal: the verdict, what differs, every group by every rate.

Owns: layout in lines and columns of text.  Does not own: the figures (`engine.audit`); every
verdict is a word as well.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, percent
from vedette.report.fairness_view import told
from vedette.report.fairness_words import about, limits, sentence, short
from vedette.report.words import MARKS, overall, visible

LISTED = 8  # findings told one by one
GROUPS = 20  # groups in a table of the terminal; the page and the document have all
SHORT = {
    "selection_rate": "selected",
    "true_positive_rate": "TPR",
    "false_positive_rate": "FPR",
    "false_negative_rate": "FNR",
    "positive_predictive_value": "PPV",
    "negative_predictive_value": "NPV",
    "accuracy": "accuracy",
    "base_rate": "base rate",
}
STYLES = {
    "alarming": "bold red", "notable": "yellow", "unknown": "magenta", "calm": "green",
}  # fmt: skip
SIGNS = {"alarming": "!", "notable": "*", "unknown": "?"}
LEGEND = "! beyond a limit   * beyond it, but not surely   ? cannot tell yet   - too few to show"


def render_fairness(document: Mapping[str, Any], console: Console) -> None:
    """Print an audit on a console, for a person.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    console.print(_headline(document, console))
    console.print(Text(visible(f"{document['data']['name']}: {', '.join(about(document))}"), "dim"))
    for finding in told(document)[1:LISTED]:
        line = f"{_mark(finding['verdict'], console)}{sentence(finding['reason'])}"
        console.print(Padding(Text(visible(line)), (1, 0, 0, 2)))
    for one in document["sets"]:
        console.print()
        console.print(_set(one, document))
    console.print(Padding(Text(LEGEND, "dim"), (1, 0, 0, 0)))
    for line in [*document["notes"], limits(document)]:
        console.print(Padding(Text(visible(sentence(line))), (1, 0, 0, 0)))


def _headline(document: Mapping[str, Any], console: Console) -> Table:
    verdict = overall(document)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row(
        Text(f"{_mark(verdict, console)}{verdict}", STYLES[verdict]),
        Text(visible(document["verdict"].replace("`", "")), "bold"),
    )
    return grid


def _mark(verdict: str, console: Console) -> str:
    return f"{MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""


def _set(one: Mapping[str, Any], document: Mapping[str, Any]) -> Table:
    """The groups of a set by every rate, held against what verdicts rest on."""
    rows = [row for row in document["rates"] if row["set"] == one["key"]]
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(visible(one["key"]), overflow="fold", ratio=1)
    table.add_column("rows", justify="right", no_wrap=True)
    for metric in metrics:
        table.add_column(SHORT.get(metric, metric), justify="right")
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        found.setdefault((row["group"], row["metric"]), row)
    for group in one["groups"][:GROUPS]:
        cells = [_cell(found.get((group["group"], metric))) for metric in metrics]
        table.add_row(Text(visible(short(group["group"], one["columns"]))), _rows(group), *cells)
    if len(one["groups"]) > GROUPS:
        table.add_row(Text(f"and {len(one['groups']) - GROUPS} more", "dim"))
    return table


def _rows(group: Mapping[str, Any]) -> str:
    return "few" if group["rows"] is None else count(group["rows"])


def _cell(row: Mapping[str, Any] | None) -> Text:
    if row is None:
        return Text("")
    if row["rate"] is None:
        return Text("-", "dim")
    verdict = row["verdict"]
    style = STYLES[verdict] if verdict in SIGNS else ""
    return Text(f"{percent(row['rate'])}{SIGNS.get(verdict, ' ')}", style)
