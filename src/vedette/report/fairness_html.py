"""The page of an audit of fairness: one file that needs nothing else, on screen and on paper.

Owns: putting template, styles, script and data together under a content-security policy.  Does not
own: what stands where (`fairness_view`), the look (`page.css`, `fairness.css`).
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from vedette.core.words import times
from vedette.report import fairness_view as view
from vedette.report import words
from vedette.report.bundle import vega_bundle
from vedette.report.fairness_cells import p_cell
from vedette.report.fairness_tables import sheets
from vedette.report.fairness_words import CHOICE, OVERALL, about, limits, sentence
from vedette.report.html import inert_json, policy_of
from vedette.report.markup import templates


def render_fairness_html(
    document: Mapping[str, Any], *, at: str = "", bundle: str | None = None
) -> str:
    """Render the document of an audit as one self-contained page.

    Shapes: `at` says when it was made, as text; `bundle` is the drawing library, taken from the
    installed one when None.
    Bounds: names are inert wherever they appear; nothing is loaded from anywhere.
    """
    environment = templates("vedette.report", "")
    environment.globals |= {"MARKS": words.MARKS}
    environment.filters |= {"sentence": sentence, "times": times}
    panels = view.panels(document)
    over_time = view.courses(document, sum(len(panel.figures) for panel in panels))
    own = files("vedette.report")
    css = (own / "page.css").read_text("utf-8") + (own / "fairness.css").read_text("utf-8")
    library = (vega_bundle() if bundle is None else bundle).replace("</script", "<\\/script")
    draw = (own / "fairness.js").read_text("utf-8")
    return environment.get_template("fairness.html.jinja").render(
        document=document,
        overall=document["overall"],
        called=OVERALL.get(document["overall"], document["overall"]),
        made=at,
        about=about(document),
        told=view.told(document),
        listed=view.LISTED,
        cap=view.CAP,
        untold=view.untold(document),
        panels=panels,
        over_time=over_time,
        sheets=sheets(document),
        limits=limits(document),
        p_cell=p_cell("p_adjusted"),
        choice=CHOICE if document["data"]["labelled"] else "",
        policy=policy_of((library, draw), css),
        css=Markup(css),  # noqa: S704 - files of this package
        scripts=[Markup(library), Markup(draw)],  # noqa: S704 - likewise
        data=Markup(inert_json({"figures": view.scripts(panels, over_time)})),  # noqa: S704 - escaped there
    )
