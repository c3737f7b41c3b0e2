"""A comparison in a terminal: the verdict, what matters, what was calm, what could not be judged.

Owns: layout in lines and columns of text.  Does not own: the console, its width or colours; every
verdict is a word as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, plural
from vedette.report import words

STYLES = {"alarming": "bold red", "notable": "yellow", "unknown": "magenta", "calm": "green"}
NAMED = 12  # names listed on the line about calm columns
LISTED = 30  # findings in the table
WIDEST_NAME, LONGEST_NAME = 18, 36


def render_terminal(document: Mapping[str, Any], console: Console) -> None:
    """Print the document of a comparison on a console, for a person.

    Bounds: fits 80 columns; names are printed without markup or control characters.
    """
    verdict = words.overall(document)
    console.print(_headline(document, verdict, console))
    console.print(_tables(document))
    matter = [f for f in document["findings"] if f["verdict"] in words.MATTER]
    if matter:
        console.print()
        console.print(_findings(matter, console))
    for line in (_calm(document), *_unknown(document), _joint(document), _ignored(document)):
        if line is not None:
            console.print(Padding(line, (1, 0, 0, 0)) if line.plain[:1] != " " else line)


def _headline(document: Mapping[str, Any], verdict: str, console: Console) -> Text:
    return Text.assemble(
        (f"{_mark(verdict, console)}{verdict}", STYLES[verdict]),
        "  ",
        (words.visible(document["verdict"]), "bold"),
    )


def _tables(document: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(style="dim", overflow="fold")
    for side in ("reference", "current"):
        table = document[side]
        grid.add_row(
            side,
            Text(_short(words.visible(table["name"]))),
            plural(table["rows"], "row"),
            words.period(table),
        )
    return grid


def _findings(findings: Sequence[Mapping[str, Any]], console: Console) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("column", overflow="fold", max_width=WIDEST_NAME)
    table.add_column("what changed", overflow="fold", ratio=1)
    table.add_column("n", justify="right", no_wrap=True)
    before = ""
    for finding in _together(findings[:LISTED]):
        verdict, column = finding["verdict"], words.visible(finding["column"])
        table.add_row(
            Text(f"{_mark(verdict, console)}{verdict}", STYLES[verdict]),
            Text(_short(column) if column != before else "", "bold"),
            _change(finding, column),
            Text(count(finding["n_window"]), "dim"),
        )
        before = column
    if len(findings) > LISTED:
        table.add_row(
            "", "", Text(f"and {plural(len(findings) - LISTED, 'more finding')}", "dim"), ""
        )
    return table


def _together(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings with those of one column behind one another, columns by their worst finding."""
    first = {f["column"]: i for i, f in reversed(list(enumerate(findings)))}
    return sorted(findings, key=lambda finding: first[finding["column"]])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


def _change(finding: Mapping[str, Any], column: str) -> Text:
    """The reason, without the column's name where it opens it, since that stands beside it."""
    reason = words.visible(finding["reason"]).removeprefix(f"{column} ")
    segment = words.visible(finding["segment"])
    if segment and segment not in reason:
        reason = f"{reason} where {segment}"
    return Text(reason)


def _calm(document: Mapping[str, Any]) -> Text | None:
    calm = [column for column in document["columns"] if column["verdict"] == "calm"]
    if not calm:
        return None
    text = Text.assemble((f"{plural(len(calm), 'column')} calm", STYLES["calm"]))
    if seen := words.noticed(calm):
        text.append(f", {seen}")
    names = [_short(words.visible(column["name"])) for column in calm[:NAMED]]
    more = f" and {len(calm) - NAMED} more" if len(calm) > NAMED else ""
    return text.append(f": {', '.join(names)}{more}", "dim")


def _unknown(document: Mapping[str, Any]) -> list[Text]:
    unknown = [column for column in document["columns"] if column["verdict"] == "unknown"]
    if not unknown:
        return []
    head = Text(f"{plural(len(unknown), 'column')} unknown", STYLES["unknown"])
    return [head, *(Text(f"  {words.visible(column['headline'])}") for column in unknown)]


def _joint(document: Mapping[str, Any]) -> Text | None:
    joint = document["joint"]
    if joint is None:
        return None
    ends = words.interval(joint["low"], joint["high"])
    names = ", ".join(words.visible(name) for name, _ in joint["columns"][:3])
    return Text(
        f"All columns together: AUC {number(joint['auc'], 2)}{f' ({ends})' if ends else ''}, "
        f"0.5 means no difference{f'; mostly {names}' if names else ''}"
    )


def _ignored(document: Mapping[str, Any]) -> Text | None:
    entries = [
        f"{words.visible(entry['column'])} ({words.visible(entry['reason'])})"
        for entry in document["ignored"]
    ]
    return Text(f"Not compared: {', '.join(entries)}", "dim") if entries else None


def _mark(verdict: str, console: Console) -> str:
    """The verdict's mark where the terminal can show it; the word stands beside it anyway."""
    return f"{words.MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""
