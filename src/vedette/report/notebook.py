"""A comparison in a notebook cell: the verdict and a table, as a fragment without scripts.

Owns: a fragment that takes its colours from the notebook around it, light or dark.  Does not own:
charts (the page has them).
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from vedette.core.words import plural
from vedette.report import words
from vedette.report.telling import Told, statement, telling

LISTED = 12
# Marks that show on white and on black alike (contrast at least 3 to 1); a word stands beside each.
COLOURS = {"alarming": "#d9534a", "notable": "#b07a1a", "unknown": "#7d8297", "calm": "#3f8f6b"}
_LINE = "border:0;border-top:1px solid rgba(128,128,128,.35);background:none;color:inherit;"
_CELL = f"{_LINE}padding:5px 16px 5px 0;text-align:left;vertical-align:baseline;"
_QUIET = "opacity:.72;"


def render_notebook(document: Mapping[str, Any]) -> str:
    """Render the document of a comparison as an HTML fragment for a notebook.

    Bounds: names are escaped; at most LISTED findings are shown.
    """
    told = telling(document["findings"])
    parts = [_head(document)]
    if told:
        rows = "".join(_row(entry) for entry in told[:LISTED])
        parts.append(
            '<table style="border-collapse:collapse;margin:0 0 8px;font-size:inherit;color:inherit;'
            f'border:0;background:none">{rows}</table>'
        )
    if len(told) > LISTED:
        parts.append(_quiet(f"{plural(len(told) - LISTED, 'more finding')}"))
    parts += [_quiet(line) for line in _rest(document)]
    return (
        '<div class="vedette" style="font:13px/1.5 system-ui,-apple-system,\'Segoe UI\',sans-serif;'
        f'color:inherit;max-width:60em">{"".join(parts)}</div>'
    )


def _head(document: Mapping[str, Any]) -> str:
    verdict = words.overall(document)
    tables = " against ".join(
        f"{_text(document[side]['name'])} ({plural(document[side]['rows'], 'row')})"
        for side in ("current", "reference")
    )
    return (
        f'<div>{_mark(verdict)} {verdict}</div><div style="font-size:17px;line-height:1.35;'
        f'margin:2px 0 4px"><b>{words.prose(document["verdict"])}</b></div>'
        f'<div style="{_QUIET}margin:0 0 10px">{tables}</div>'
    )


def _row(entry: Told) -> str:
    finding, verdict = entry.finding, entry.finding["verdict"]
    cells = (
        f"{_mark(verdict)} {verdict}",
        f"<b>{_text(finding['column'])}</b>",
        words.prose(statement(finding) + entry.also),
    )
    return (
        '<tr style="background:none">'
        + "".join(
            f'<td style="{_CELL}white-space:{"normal" if i else "nowrap"}">{cell}</td>'
            for i, cell in enumerate(cells)
        )
        + "</tr>"
    )


def _rest(document: Mapping[str, Any]) -> list[str]:
    lines = []
    calm = [column for column in document["columns"] if column["verdict"] == "calm"]
    if calm:
        seen = words.noticed(calm)
        lines.append(f"{plural(len(calm), 'column')} calm{f', {seen}' if seen else ''}.")
    unknown = [column for column in document["columns"] if column["verdict"] == "unknown"]
    lines += [f"Unknown: {column['headline']}" for column in unknown[:LISTED]]
    return lines


def _mark(verdict: str) -> str:
    return f'<span style="color:{COLOURS[verdict]}">{words.MARKS[verdict]}</span>'


def _quiet(text: str) -> str:
    return f'<div style="{_QUIET}">{words.prose(text)}</div>'


def _text(text: str) -> str:
    return escape(words.visible(text))
