"""A figure: a drawing with the rows that it shows.

Owns: the value, and its forms: for a page, as a picture, as a table.  Does not own: single figures
(the files beside this one).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, NamedTuple

from vedette.report.figures.theme import INK, MUTED, PAPER, config, painted
from vedette.report.words import visible

Row = Mapping[str, Any]
LINE, LINES = 96, 3  # of a picture's title
RISKY = "=+-@\t\r"  # what a spreadsheet takes for a formula (OWASP, CSV injection)


class Figure(NamedTuple):
    """A drawing.

    Shapes: `spec` Vega-Lite with its data, None where there is nothing to draw, for the reason that
    `empty` gives; `rows` the same data as a table.  Units: instants in `rows` are milliseconds
    since 1970 under the names in `times`.
    """

    title: str
    note: str
    rows: Sequence[Row] = ()
    spec: dict[str, Any] | None = None
    empty: str = ""
    times: tuple[str, ...] = ()


def filled(
    template: Mapping[str, Any], datasets: Mapping[str, Sequence[Row]], **params: Any
) -> dict[str, Any]:
    """A specification with its data and parameters; the template stays as it is."""
    spec: dict[str, Any] = deepcopy(dict(template))
    spec["datasets"] = {name: list(rows) for name, rows in datasets.items()}
    for param in spec.get("params", []):
        if param["name"] in params:
            param["value"] = params[param["name"]]
    if "height" in params:
        spec["height"] = params["height"]
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["config"] = config()
    return spec


def for_page(figure: Figure) -> dict[str, Any]:
    """What a page's script draws."""
    return {"spec": figure.spec, "empty": figure.empty, "note": figure.note}


def as_png(figure: Figure) -> bytes | None:
    """The figure as PNG with its title; None where there is nothing to draw."""
    spec = _titled(figure)
    if spec is None:
        return None
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, scale=2))


def as_svg(figure: Figure) -> str | None:
    """The figure as SVG with its title; None where there is nothing to draw."""
    spec = _titled(figure)
    if spec is None:
        return None
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec))


def as_csv(figure: Figure) -> str:
    """The rows as CSV, instants in ISO 8601; text cannot become a formula.

    Example:
        >>> as_csv(Figure("", "", [{"t": 0, "x": "=1"}], times=("t",))).split()
        ['t,x', "1970-01-01T00:00:00Z,'=1"]
    """
    names = list(dict.fromkeys(name for row in figure.rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(_safe, names))
    for row in figure.rows:
        writer.writerow([_told(row.get(name), name in figure.times) for name in names])
    return out.getvalue()


def _titled(figure: Figure) -> dict[str, Any] | None:
    if figure.spec is None:
        return None
    lines = wrap(visible(figure.title).replace("`", ""), LINE)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], lines[LINES - 1][: LINE - 1] + "…"]
    title = {
        "text": lines, "subtitle": figure.note, "anchor": "start",
        "fontSize": 14, "color": INK, "subtitleColor": MUTED, "offset": 8,
    }  # fmt: skip
    about = {"title": title, "background": PAPER, "padding": 14}
    spec: dict[str, Any] = painted({**figure.spec, **about})
    if "height" in spec and not isinstance(spec["height"], Mapping):
        spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def _told(value: Any, is_time: bool) -> Any:
    if value is None:
        return ""
    if is_time:
        then = datetime.fromtimestamp(value / 1000, UTC)
        return then.isoformat(timespec="seconds").replace("+00:00", "Z")
    return _safe(value) if isinstance(value, str) else value


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] and text[0] in RISKY else text
