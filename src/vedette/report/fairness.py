"""An audit of fairness in a terminal: the verdict, what differs, every group by every rate.

Owns: layout in lines and columns of text.  Does not own: the figures (`engine.audit.result`); every
verdict is a word as well.
"""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, percent, times
from vedette.report.fairness_cells import p_cell
from vedette.report.fairness_view import first_of, told
from vedette.report.fairness_words import OVERALL, about, beside_words, limits, sentence, short
from vedette.report.words import MARKS, visible

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
LEGEND = "! beyond a limit   * perhaps beyond it   ? cannot tell yet   - not shown"
TEXT = 100  # columns of an audit that is printed as text


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
        if any(row["set"] == one["key"] for row in document["four_fifths"]):
            console.print()
            console.print(_selection(one, document))
    for column in dict.fromkeys(row["column"] for row in document["membership"]):
        console.print()
        console.print(_by_chances(column, document))
    console.print(Padding(Text(LEGEND, "dim"), (1, 0, 0, 0)))
    for line in [*beside_words(document), *document["notes"], limits(document)]:
        console.print(Padding(Text(visible(sentence(line))), (1, 0, 0, 0)))


def fairness_text(document: Mapping[str, Any], width: int = TEXT) -> str:
    """The same as text, without colours."""
    out = StringIO()
    render_fairness(document, Console(file=out, width=width, color_system=None))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _headline(document: Mapping[str, Any], console: Console) -> Table:
    verdict = document["overall"]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row(
        Text(f"{_mark(verdict, console)}{OVERALL.get(verdict, verdict)}", STYLES[verdict]),
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
    table.add_column(Text(visible(one["key"])), overflow="fold", ratio=1)
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


def _selection(one: Mapping[str, Any], document: Mapping[str, Any]) -> Table:
    """Who is selected how often beside those whom verdicts rest on, with interval and test."""
    rows = first_of(document, one["key"], "selection_rate")
    against = rows[0]["against"] if rows else "the rest"
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(Text(f"selected beside {visible(short(against, one['columns']))}"), ratio=1)
    for head in ("rate", "theirs", "ratio", "interval", "p"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in [row for row in rows if row["rate"] is not None][:GROUPS]:
        sign = SIGNS.get(row["verdict"], " ")
        style = STYLES[row["verdict"]] if row["verdict"] in SIGNS else ""
        ratio = "" if row["ratio"] is None else times(row["ratio"])
        table.add_row(
            Text(visible(short(row["group"], one["columns"]))), percent(row["rate"]),
            "" if row["other"] is None else percent(row["other"]), Text(f"{ratio}{sign}", style),
            _ends(row), p_cell("p_adjusted")(row),
        )  # fmt: skip
    return table


def _by_chances(column: str, document: Mapping[str, Any]) -> Table:
    """Groups of which only chances are known: both estimates of every rate, as far as there are."""
    rows = [row for row in document["membership"] if row["column"] == column]
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(Text(f"{visible(column)}, by chances"), overflow="fold", ratio=1)
    table.add_column("rows", justify="right", no_wrap=True)
    for metric in metrics:
        table.add_column(SHORT.get(metric, metric), justify="right")
    found = {(row["group"], row["metric"]): row for row in rows}
    for group in list(dict.fromkeys(row["group"] for row in rows))[:GROUPS]:
        own = [found[group, metric] for metric in metrics]
        for estimate, name in (("weighted", "weighted"), ("thresholded", "likely members")):
            n = own[0][f"{estimate}_n"]
            cells = [_cell({**row, "rate": row[f"{estimate}_rate"]}) for row in own]
            table.add_row(
                Text(visible(f"{short(group, [column])}, {name}")),
                "few" if n is None else count(round(n)), *cells,
            )  # fmt: skip
    return table


def _ends(row: Mapping[str, Any]) -> str:
    low, high = row["ratio_low"], row["ratio_high"]
    if low is None or row["ratio"] is None:
        return ""
    return f"{times(low)} or more" if high is None else f"{times(low)} to {times(high)}"


def _rows(group: Mapping[str, Any]) -> str:
    if group["rows"] is None:
        return "few" if group["few"] else "hidden"
    return count(group["rows"])


def _cell(row: Mapping[str, Any] | None) -> Text:
    if row is None:
        return Text("")
    if row["rate"] is None:
        return Text("-", "dim")
    verdict = row["verdict"]
    style = STYLES[verdict] if verdict in SIGNS else ""
    return Text(f"{percent(row['rate'])}{SIGNS.get(verdict, ' ')}", style)
