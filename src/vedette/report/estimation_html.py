"""The page of an estimation: one file without scripts that needs nothing else.

Owns: putting template, styles and figures together.  Does not own: the figures
(`engine.estimation`), the words (`report.estimation`), the look (`page.css`).
"""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from vedette.core.words import count, percent, plural
from vedette.report import words
from vedette.report.estimation import lines, sides_of, verdict_of
from vedette.report.html import policy_of
from vedette.report.markup import templates

# Verdicts on harm look like those on a comparison.
LOOKS = MappingProxyType({"harmful": "alarming", "unknown": "unknown", "benign": "calm"})


def render_estimation_html(document: Mapping[str, Any]) -> str:
    """Render the document of an estimation as one self-contained page.

    Bounds: names are inert wherever they appear; nothing is loaded from anywhere.
    """
    environment = templates("vedette.report", "")
    environment.globals |= {"MARKS": words.MARKS, "LOOKS": LOOKS}
    verdict, said = verdict_of(document)
    css = (files("vedette.report") / "page.css").read_text("utf-8")
    one, two = document["reference"], document["current"]
    known = percent(two["labels"] / two["rows"]) if two["labels"] else "none"
    return environment.get_template("estimation.html.jinja").render(
        document=document,
        verdict=verdict,
        said=said,
        sides=sides_of(document["metrics"]),
        tables=[
            ("reference", one["name"], plural(one["rows"], "row")),
            ("current", two["name"], f"{count(two['rows'])} rows, {known} with a label"),
        ],
        lines=lines(document),
        policy=policy_of((), css),
        css=Markup(css),  # noqa: S704 - a file of this package
    )
