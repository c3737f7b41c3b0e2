"""The page of a row by row comparison: one file without scripts that needs nothing else.

Owns: putting template, styles and document together, and the fragment for a notebook.  Does not
own: the words (`report.skew`), the look (`page.css`).
"""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from vedette.report import words
from vedette.report.html import policy_of
from vedette.report.markup import templates
from vedette.report.notebook import COLOURS
from vedette.report.skew import about, amounts, overall, shown, sizes, why

LISTED = 12


def render_skew_html(document: Mapping[str, Any]) -> str:
    """Render the document of a row by row comparison as one self-contained page.

    Bounds: names and values are inert wherever they appear; nothing is loaded from anywhere.
    """
    environment = templates("vedette.report", "")
    environment.globals |= {"MARKS": words.MARKS}
    css = (files("vedette.report") / "page.css").read_text("utf-8")
    return environment.get_template("skew.html.jinja").render(
        document=document,
        overall=overall(document),
        about=about(document),
        why=why,
        amounts=amounts,
        sizes=sizes,
        shown=shown,
        policy=policy_of((), css),
        css=Markup(css),  # noqa: S704 - a file of this package
    )


def render_skew_notebook(document: Mapping[str, Any]) -> str:
    """Render the document as an HTML fragment for a notebook.

    Bounds: names are escaped; at most LISTED columns are shown.
    """
    differing = [column for column in document["columns"] if column["mismatches"]]
    rows = "".join(
        f"<tr><td>{_mark(c['verdict'])} {c['verdict']}</td>"
        f"<td><b>{escape(words.visible(c['name']))}</b></td>"
        f"<td>{words.prose(c['reason'])}</td></tr>"
        for c in differing[:LISTED]
    )
    more = len(differing) - LISTED
    lines = [*about(document)[:2], *([f"{more} more columns differ."] if more > 0 else [])]
    quiet = "".join(f'<div style="opacity:.72">{words.prose(line)}</div>' for line in lines)
    verdict = overall(document)
    return (
        '<div class="vedette" style="font:13px/1.5 system-ui,sans-serif;color:inherit">'
        f"<div>{_mark(verdict)} {verdict}</div><b>{words.prose(document['verdict'])}</b>"
        f"<table>{rows}</table>{quiet}</div>"
    )


def _mark(verdict: str) -> str:
    return f'<span style="color:{COLOURS[verdict]}">{words.MARKS[verdict]}</span>'
