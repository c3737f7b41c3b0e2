"""An audit of fairness in a notebook cell: the verdict and what differs, without scripts.

Owns: a fragment that takes its colours from the notebook around it.  Does not own: figures and
tables (the page has them).
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from vedette.core.words import plural
from vedette.report import words
from vedette.report.fairness_view import told
from vedette.report.fairness_words import OVERALL, about, limits, sentence
from vedette.report.notebook import COLOURS

LISTED = 12
_CELL = (
    "border:0;border-top:1px solid rgba(128,128,128,.35);background:none;color:inherit;"
    "padding:5px 16px 5px 0;text-align:left;vertical-align:baseline;"
)
_QUIET = "opacity:.72;"


def render_fairness_notebook(document: Mapping[str, Any]) -> str:
    """Render the document of an audit as an HTML fragment for a notebook.

    Bounds: names are escaped; at most LISTED findings are shown.
    """
    verdict = document["overall"]
    found = told(document)
    rows = "".join(_row(one) for one in found[:LISTED])
    table = f'<table style="border-collapse:collapse;font-size:inherit">{rows}</table>'
    more = [f"{plural(len(found) - LISTED, 'more finding')}"] if len(found) > LISTED else []
    unknown = document["counts"]["unknown"]
    more += [f"{plural(unknown, 'comparison')} cannot be told yet"] if unknown else []
    facts = ", ".join([document["data"]["name"], *about(document)])
    return (
        '<div class="vedette" style="font:13px/1.5 system-ui,-apple-system,\'Segoe UI\',sans-serif;'
        f'color:inherit;max-width:60em"><div>{_mark(verdict)} {OVERALL.get(verdict, verdict)}</div>'
        '<div style="font-size:17px;line-height:1.35;margin:2px 0 4px">'
        f"<b>{words.prose(document['verdict'])}</b></div>"
        f'<div style="{_QUIET}margin:0 0 10px">{escape(words.visible(facts))}</div>'
        f"{table if found else ''}"
        + "".join(_quiet(line) for line in [*more, *document["notes"], limits(document)])
        + "</div>"
    )


def _row(finding: Mapping[str, Any]) -> str:
    verdict = finding["verdict"]
    said = words.prose(sentence(finding["reason"]))
    return (
        f'<tr style="background:none"><td style="{_CELL}white-space:nowrap">{_mark(verdict)} '
        f'{verdict}</td><td style="{_CELL}">{said}</td></tr>'
    )


def _mark(verdict: str) -> str:
    return f'<span style="color:{COLOURS[verdict]}">{words.MARKS[verdict]}</span>'


def _quiet(text: str) -> str:
    return f'<div style="{_QUIET}">{words.prose(sentence(text))}</div>'
