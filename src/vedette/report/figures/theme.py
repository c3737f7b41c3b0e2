"""Colours and type of a figure.

Owns: the tokens that marks name, and their values where no style sheet gives them (a picture for a
message or a file).  Does not own: the style sheet of the pages, whose light values these are
(`tests/repo` compares them).
"""

from typing import Any

from vedette.report.charts import CURRENT, INK, MUTED, REFERENCE, RULE, config
from vedette.report.words import visible

CRITICAL, WARNING, CALM = "var(--critical)", "var(--warning)", "var(--calm)"
PAPER, UNKNOWN = "var(--paper)", "var(--unknown)"
LIGHT = {
    "--paper": "#fbfaf7", "--ink": "#1b1f23", "--muted": "#59616a", "--rule": "#e4e1d9",
    "--reference": "#85857b", "--current": "#1b6291", "--critical": "#b3261e",
    "--warning": "#855600", "--calm": "#2c6b4e", "--unknown": "#b9b6ad",
}  # fmt: skip
VERDICTS = {
    "alarming": CRITICAL, "notable": WARNING, "unknown": UNKNOWN, "calm": CALM,
}  # fmt: skip
SEVERITIES = {"critical": CRITICAL, "warning": WARNING, "info": CURRENT}
WIDTH = 760  # px of a picture; on a page a figure is as wide as its place

__all__ = [
    "CALM", "CRITICAL", "CURRENT", "INK", "LIGHT", "MUTED", "PAPER", "REFERENCE", "RULE",
    "SEVERITIES", "UNKNOWN", "VERDICTS", "WARNING", "WIDTH", "config", "painted",
]  # fmt: skip


def painted(spec: Any) -> Any:
    """The same drawing for a file: colours in full, times in UTC, a fixed width.

    Control characters are spelt out: a single one of them, in the name of a column, makes the
    library that draws abort the whole process.

    Example:
        >>> painted({"color": "var(--ink)", "width": "container", "x": {"type": "temporal"}})
        {'color': '#1b1f23', 'width': 760, 'x': {'type': 'temporal', 'scale': {'type': 'utc'}}}
    """
    if isinstance(spec, str):
        if not spec.startswith("var("):
            return spec if spec.isprintable() else visible(spec)
        return LIGHT.get(spec.removeprefix("var(").removesuffix(")"), visible(spec))
    if isinstance(spec, list):
        return [painted(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    made = {
        key: painted(value)
        for key, value in spec.items()
        if key != "href" or isinstance(value, str)  # no marks that lead somewhere: in a file, a
        # path would be one of whatever site the library that draws has in mind
    }
    if made.get("width") == "container":
        made["width"] = WIDTH
    if made.get("type") == "temporal" and made.get("scale", {}) is not None:
        made["scale"] = {**made.get("scale", {}), "type": "utc"}
    return made
