"""The forms of a chart: its drawing for a page, a picture, a table.

Owns: answering in the form that the ending of an address names.  Does not own: charts.
"""

from vedette.report.figures.figure import Figure, as_csv, as_png, as_svg, for_page
from vedette.web.answers import Answer, Problem, json_answer

KINDS = {"json": b"application/json", "csv": b"text/csv; charset=utf-8", "png": b"image/png",
         "svg": b"image/svg+xml"}  # fmt: skip


def in_form(figure: Figure, name: str, form: str) -> Answer:
    """A figure as JSON for a page, CSV, PNG or SVG.  Errors: Problem, 404."""
    if form not in KINDS:
        raise Problem(404, "no_form", f"A chart ends in {', '.join(KINDS)}.", "chart")
    if form == "json":
        return json_answer(for_page(figure))
    headers = [(b"content-type", KINDS[form])]
    if form == "csv":
        label = f'attachment; filename="{name}.csv"'
        headers.append((b"content-disposition", label.encode()))
        return Answer(200, as_csv(figure).encode("utf-8", "replace"), headers)
    svg = as_svg(figure) if form == "svg" else None
    drawn = as_png(figure) if form == "png" else svg.encode() if svg is not None else None
    if drawn is None:
        raise Problem(404, "nothing_to_draw", figure.empty, "chart")
    return Answer(200, drawn, headers)
