"""The page of a comparison: one file that needs nothing else, not even a network.

Owns: putting template, styles, scripts and data together under a content-security policy that lets
nothing else run.  Does not own: the words (`view`), the look (`page.css`), what moves (`page.js`).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from vedette.report import charts, drawings, view, words
from vedette.report.bundle import vega_bundle
from vedette.report.markup import templates


def render_html(document: Mapping[str, Any], *, bundle: str | None = None) -> str:
    """Render the document of a comparison as one self-contained page.

    Shapes: ``bundle`` is the drawing library, taken from the installed one when None.
    Bounds: names are inert wherever they appear; nothing is loaded from anywhere.
    """
    columns = view.columns(document)
    data = {
        "templates": charts.templates(),
        "config": charts.config(),
        "columns": [column.picture for column in columns],
    }
    script = (vega_bundle() if bundle is None else bundle).replace("</script", "<\\/script")
    asset = {name: (files("vedette.report") / name).read_text("utf-8") for name in _ASSETS}
    command, call = view.reproduce(document)
    return _environment().get_template("page.html.jinja").render(
        document=document,
        skew=document.get("skew"),  # of training against serving only
        columns=columns,
        changes=view.changes(document),
        listed=view.LISTED,
        tables=view.tables(document),
        overall=words.overall(document),
        policy=policy_of((script, asset["page.js"]), asset["page.css"]),
        css=Markup(asset["page.css"]),  # noqa: S704 - files of this package
        scripts=[Markup(script), Markup(asset["page.js"])],  # noqa: S704 - likewise
        data=Markup(inert_json(data)),  # noqa: S704 - escaped in inert_json
        command=command,
        call=call,
        width=drawings.EFFECT_WIDTH,
        spark=(drawings.SPARK_WIDTH, drawings.SPARK_HEIGHT),
    )  # fmt: skip


_ASSETS = ("page.css", "page.js")


def _environment() -> Environment:
    environment = templates("vedette.report", "")
    environment.filters["plain"] = lambda text: words.visible(text).replace("`", "")
    environment.globals |= {
        "MARKS": words.MARKS, "VERDICTS": words.VERDICTS, "MEANS": words.VERDICT_MEANS,
    }  # fmt: skip
    return environment


def policy_of(scripts: tuple[str, ...], style: str) -> str:
    """The content-security policy: these scripts, this style sheet, and nothing from anywhere."""
    allowed = " ".join(map(_digest, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def inert_json(data: object) -> str:
    """JSON in which no character can end the element around it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
