"""A row by row comparison in words and lines: what every page, terminal and test report says of it.

Owns: sentences about counts, keys and causes, and the terminal.  Does not own: the document
(`engine.skew`), layout of pages (`skew_html`).
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vedette.core.words import count, number, percent, plural
from vedette.report import words
from vedette.report.terminal import STYLES

LISTED = 40  # columns in a terminal
NAMED = 12


def overall(document: Mapping[str, Any]) -> str:
    """The worst verdict of a column."""
    return words.worst(column["verdict"] for column in document["columns"])


def why(column: Mapping[str, Any]) -> list[str]:
    """What is known of the reasons, a sentence each."""
    told = []
    for cause in column["causes"]:
        either = ""
        if cause["alternatives"]:
            either = f"; or {'; or '.join(cause['alternatives'])}: these rows cannot tell"
        share = percent(cause["share"])
        told.append(f"{share} of the differing rows: {cause['words']}{either}")
    if column["mismatches"] and column["unexplained"] >= 0.005:
        what = "the rest" if column["causes"] else "they"
        told.append(f"why {what} differ ({percent(column['unexplained'])}) is unknown")
    return told


def amounts(column: Mapping[str, Any]) -> str:
    """How rows differ, by sort."""
    parts = [
        f"{count(column[name])} {said}"
        for name, said in (
            ("differ", "with another value"),
            ("missing_online", "missing in serving"),
            ("missing_offline", "missing in training"),
        )
        if column[name]
    ]
    return ", ".join(parts)


def about(document: Mapping[str, Any]) -> list[str]:
    """What was joined and what was not, a sentence each."""
    s, left = document["settings"], document["unmatched"]
    key = ", ".join(f"`{name}`" for name in s["key"])
    time = f", as of `{s['time']}`" if s["time"] else ""
    within = f" within {s['within']}" if s["within"] else ""
    told = [f"{plural(document['compared'], 'row')} compared, joined by {key}{time}{within}."]
    for name, said in (
        ("online", "serving rows have no training row"),
        ("offline", "training rows have no serving row"),
        ("ambiguous", "serving rows have several training rows that disagree and are not compared"),
        ("too_old", "serving rows have only training rows that are too old"),
        ("without_key_online", "serving rows have no key"),
        ("without_key_offline", "training rows have no key"),
    ):  # fmt: skip
        if left[name]:
            told.append(f"{count(left[name])} {said}.")
    for side, said in (("offline", "training"), ("online", "serving")):
        found = document["duplicates"][side]
        if found["keys"]:
            told.append(
                f"{plural(found['keys'], 'key')} of {said} have {plural(found['rows'], 'row')}:"
                f" {found['treatment']}."
            )
    for name, said in (("only_offline", "training"), ("only_online", "serving")):
        if document[name]:
            told.append(f"Only in {said}: {_names(document[name])}.")
    if document["ignored"]:
        told += [
            f"`{one['column']}` is not compared: {one['reason']}." for one in document["ignored"]
        ]
    return told


def _names(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:NAMED])
    return shown + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def sizes(column: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """How far differing values lie apart; "" where that means nothing."""
    gap = column["difference"]
    if gap is None:
        return ""
    unit = " s" if column["kind"] == "time" else ""
    if gap["largest"] is None:
        return ""  # one side is infinite wherever they differ
    if len({*gap["quantiles"], gap["largest"]}) == 1:
        return f"values lie {number(gap['largest'])}{unit} apart"
    levels = [
        f"in {number(100 * q, 3)} % of these by up to {number(x)}{unit}"
        for q, x in zip(document["quantiles"], gap["quantiles"], strict=True)
    ]
    return f"values lie apart {', '.join(levels)}, at most by {number(gap['largest'])}{unit}"


def shown(value: object) -> str:
    """A single value of a row."""
    return "missing" if value is None else str(value)


def render_skew(document: Mapping[str, Any], console: Console) -> None:
    """Print the document of a row by row comparison for a person."""
    verdict = overall(document)
    mark = f"{words.MARKS[verdict]} " if console.encoding.lower().startswith("utf") else ""
    head = Text(f"{mark}{verdict}  ", STYLES[verdict])
    console.print(head.append(words.visible(document["verdict"]), "bold"))
    for line in about(document):
        console.print(Text(words.visible(line), "dim"))
    differing = [column for column in document["columns"] if column["mismatches"]]
    if differing:
        console.print()
        console.print(_table(differing[:LISTED]))
    if len(differing) > LISTED:
        console.print(Text(f"and {plural(len(differing) - LISTED, 'more column')}", "dim"))
    calm = [words.visible(c["name"]) for c in document["columns"] if c["verdict"] == "calm"]
    if calm:
        console.print()
        agree = Text(f"{plural(len(calm), 'column')} agree{'s' * (len(calm) == 1)}", STYLES["calm"])
        more = f" and {len(calm) - NAMED} more" if len(calm) > NAMED else ""
        console.print(agree.append(f": {', '.join(calm[:NAMED])}{more}", "dim"))
    for column in document["columns"]:
        for one in column["examples"]:
            key = ", ".join(map(str, one["key"]))
            said = f"{column['name']} of {key}: {shown(one['offline'])} -> {shown(one['online'])}"
            console.print(Text(words.visible(said), "dim"))


def _table(columns: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("column", overflow="fold", max_width=18)
    table.add_column("differ", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=1)
    for column in columns:
        said = why(column)
        if not column["causes"]:
            said = [amounts(column), *said]
        table.add_row(
            Text(words.visible(column["name"]), STYLES[column["verdict"]]),
            Text(percent(column["rate"])),
            Text("\n".join(words.visible(one) for one in said)),
        )
    return table
