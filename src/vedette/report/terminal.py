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

from vedette.core.words import count, number, percent, plural
from vedette.report import words
from vedette.report.telling import Told, statement, telling, together

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
    if told := telling(document["findings"]):
        console.print()
        console.print(_findings(told, console))
    for text in _examples(document):
        console.print(text)
    for line in (
        _calm(document),
        *_unknown(document),
        _pairs(document),
        _joint(document),
        _ignored(document),
    ):
        if line is not None:
            console.print(Padding(line, (1, 0, 0, 0)) if line.plain[:1] != " " else line)


def _headline(document: Mapping[str, Any], verdict: str, console: Console) -> Text:
    return Text.assemble(
        (f"{mark(verdict, console)}{verdict}", STYLES[verdict]),
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


def _findings(told: Sequence[Told], console: Console) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("column", overflow="fold", max_width=WIDEST_NAME)
    table.add_column("what changed", overflow="fold", ratio=1)
    table.add_column("n", justify="right", no_wrap=True)
    before = ""
    for entry in together(told[:LISTED]):
        verdict, column = entry.finding["verdict"], entry.finding["column"]
        table.add_row(
            Text(f"{mark(verdict, console)}{verdict}", STYLES[verdict]),
            Text(_short(words.visible(column)) if column != before else "", "bold"),
            _change(entry),
            Text(count(entry.finding["n_window"]), "dim"),
        )
        before = column
    if len(told) > LISTED:
        more = plural(len(told) - LISTED, "more finding")
        table.add_row("", "", Text(f"and {more}", "dim"), "")
    return table


def _change(entry: Told) -> Text:
    """The reason, without the column's name where it opens it, since that stands beside it."""
    column, reason = entry.finding["column"], statement(entry.finding) + entry.also
    for opening in (f"`{column}` ", f"{column} "):
        reason = reason.removeprefix(opening)
    return Text(words.visible(reason))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


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


def _examples(document: Mapping[str, Any]) -> list[Text]:
    """Texts of neighbourhoods that grew, where they were asked for."""
    lines = []
    for one in document.get("examples", ()):
        shares = f"{percent(one['before'])} -> {percent(one['after'])}"
        name = f"{one['column']}, neighbourhood {one['neighbourhood']}"
        lines.append(Text(words.visible(f"{name} ({shares}), for example"), "dim"))
        lines += [Text(f"  {words.visible(text)}") for text in one["texts"]]
    return [Text(""), *lines] if lines else []


def _pairs(document: Mapping[str, Any]) -> Text | None:
    """How many pairs of columns were compared; what changed is told with the rest."""
    found = document.get("dependence")
    if found is None or not found["pairs"]:
        return None
    told, changed = len(found["told"]), found["changed"]
    text = Text(f"{plural(found['pairs'], 'pair')} of columns compared, ")
    if not changed:
        return text.append("all go together as before")
    text.append(f"{changed} {'goes' if changed == 1 else 'go'} together otherwise")
    return text.append(f", {told} of them told") if told < changed else text


def _joint(document: Mapping[str, Any]) -> Text | None:
    joint = document["joint"]
    told = any(
        f["monitor"] == "joint" and f["verdict"] in words.MATTER for f in document["findings"]
    )
    if joint is None or told:
        return None
    ends = words.interval(joint["low"], joint["high"])
    names = ", ".join(words.visible(name) for name, _ in joint["columns"][:3])
    return Text(
        f"All columns together: AUC {number(joint['auc'], 3)}{f' ({ends})' if ends else ''}, "
        f"0.5 means no difference{f'; mostly {names}' if names else ''}"
    )


def _ignored(document: Mapping[str, Any]) -> Text | None:
    entries = [
        f"{words.visible(entry['column'])} ({words.visible(entry['reason'])})"
        for entry in document["ignored"]
    ]
    return Text(f"Not compared: {', '.join(entries)}", "dim") if entries else None


def mark(verdict: str, console: Console) -> str:
    """The verdict's mark where the terminal can show it; the word stands beside it anyway."""
    return f"{words.MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""
