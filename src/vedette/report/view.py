"""The document of a comparison, arranged in the order and words in which the page shows it.

Owns: which rows, phrases and small drawings appear where.  Does not own: markup
(`page.html.jinja`), charts (`charts`), digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vedette.core.words import count, number, p_words, percent, plural
from vedette.report import charts, drawings, shapes, words
from vedette.report.telling import statement, telling

SEGMENTS = 12  # findings in segments shown of a column
LISTED = 10  # findings told at once under "what changed"; the others unfold


class Line(NamedTuple):
    """A finding in words."""

    verdict: str
    column: str
    segment: str
    subject: str
    reason: str
    effect: str
    interval: str
    change: str
    chance: str
    evidence: str
    rows: str


class Row(NamedTuple):
    """A quantity of both tables side by side."""

    name: str
    reference: str
    current: str
    changed: bool


class Distance(NamedTuple):
    """A distance with what it measures."""

    name: str
    means: str
    value: str
    beside: str


class Column(NamedTuple):
    """Everything the page says about one column."""

    at: int
    name: str
    about: str
    verdict: str
    headline: str
    magnitude: float
    bar: drawings.EffectBar | None
    bar_says: str
    spark: drawings.Spark | None
    picture: dict[str, Any] | None
    caption: str
    detectable: str
    components: list[Line]
    segments: list[Line]
    segments_rest: str
    rows: list[Row]
    distances: list[Distance]
    newcomers: list[tuple[str, str]]
    method: str


def columns(document: Mapping[str, Any]) -> list[Column]:
    """Arrange every column, in the document's order: worst first."""
    findings = {finding["id"]: finding for finding in document["findings"]}
    scale = drawings.effect_scale(document["columns"])
    return [
        _column(i, column, [findings[key] for key in column["findings"] if key in findings], scale)
        for i, column in enumerate(document["columns"])
    ]


def changes(document: Mapping[str, Any]) -> list[Line]:
    """What matters, each change once, worst first."""
    return [
        line(told.finding)._replace(reason=statement(told.finding) + told.also)
        for told in telling(document["findings"])
    ]


def tables(document: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """The two tables: side, name, rows, period."""
    return [
        (
            side,
            words.visible(document[side]["name"]),
            plural(document[side]["rows"], "row"),
            words.period(document[side]),
        )
        for side in ("reference", "current")
    ]


def line(finding: Mapping[str, Any]) -> Line:
    """Put one finding into words."""
    signed = finding["component"] not in ("shape", "distance", "joint", "pattern")
    return Line(
        finding["verdict"],
        words.visible(finding["column"]),
        words.visible(finding["segment"]),
        words.visible(words.subject(finding)),
        finding["reason"],
        words.effect(finding["effect"], finding["unit"], signed=signed),
        words.interval(finding["low"], finding["high"], finding["unit"]),
        words.before_after(finding),
        p_words(finding["p_adjusted"]),
        number(finding["evidence"], 2),
        f"{count(finding['n_baseline'])} and {count(finding['n_window'])}",
    )


def reproduce(document: Mapping[str, Any]) -> tuple[str, str]:
    """The command and the Python call that give the same numbers again."""
    settings, joint = document["settings"], document["joint"] is not None
    names = [words.visible(document[side]["name"]) for side in ("reference", "current")]
    flags = [f"--min-effect {settings['min_effect']:g}", f"--alpha {settings['alpha']:g}"]
    flags += [f"--segment {_quoted(name)}" for name in document["segments"]]
    flags += [flag for flag, used in (("--strict", settings["strict"]), ("--joint", joint)) if used]
    call = [repr(name) for name in names]
    call += [f"min_effect={settings['min_effect']:g}", f"alpha={settings['alpha']:g}"]
    if document["segments"]:
        call.append(f"segments={document['segments']!r}")
    if settings["strict"]:
        call.append("strict=True")
    if not settings.get("dependence", True):
        flags.append("--no-dependence")
        call.append("dependence=False")
    if joint:
        call.append("joint=True")
    command = " ".join(["vedette compare", *map(_quoted, names), *flags])
    return command, f"vedette.compare({', '.join(call)})"


def _column(
    index: int, column: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], scale: float
) -> Column:
    picture = charts.picture(column)
    whole = [f for f in findings if not f["segment"]]
    parts = [f for f in findings if f["segment"] and f["verdict"] in words.MATTER]
    judged = [f for f in whole if f["verdict"] == column["verdict"]]
    bar = drawings.effect_bar(
        column["magnitude"], column["min_effect"], scale, next(iter(judged), None)
    )
    return Column(
        index,
        words.visible(column["name"]),
        _about(column),
        column["verdict"],
        _headline(column),
        column["magnitude"] or 0.0,
        None if column["verdict"] == "unknown" else bar,
        _bar_says(column, judged),
        _spark(column),
        picture,
        charts.caption(picture or {}),
        words.detectable(column),
        [line(finding) for finding in whole],
        [line(f) for f in parts[:SEGMENTS]],
        _rest(len(parts) - SEGMENTS, sum(bool(f["segment"]) for f in findings) - len(parts)),
        _rows(column),
        _distances(column["distances"]),
        [(words.visible(str(name)), count(n)) for name, n in column["new_categories"]],
        column["method"] or "",
    )


def _headline(column: Mapping[str, Any]) -> str:
    """A calm column is told by what it would have shown, not by one of its calm components."""
    quiet = column["verdict"] == "calm" and column["detectable"] is not None
    return "no change beyond chance" if quiet else str(column["headline"])


def _rest(more: int, calm: int) -> str:
    """What a list of findings in segments leaves out, in a sentence; "" for nothing."""
    parts = [plural(more, "more finding that matters", "more findings that matter")] * (more > 0)
    parts += [f"{plural(calm, 'comparison')} inside segments calm or too small to judge"] * (
        calm > 0
    )
    return f"{', '.join(parts)}." if parts else ""


def _about(column: Mapping[str, Any]) -> str:
    parts = [column["kind"]]
    if column["role"] != "feature":
        parts.append(column["role"])
    if column["unit"]:
        parts.append(f"in {column['unit']}")
    if column["derived_from"]:
        parts.append(f"from {column['derived_from']}")
    return words.visible(", ".join(parts))


def _bar_says(column: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> str:
    text = (
        f"effect {number(column['magnitude'], 2)}, smallest that matters {column['min_effect']:g}"
    )
    if findings and (ends := words.interval(findings[0]["low"], findings[0]["high"])):
        text += f", interval {ends} {findings[0]['unit'] or ''}"
    return text.strip()


def _spark(column: Mapping[str, Any]) -> drawings.Spark | None:
    distribution = column["distribution"]
    if not distribution:
        return None
    if distribution["type"] == "numeric":
        return drawings.spark(shapes.shape(distribution, whole=column["kind"] == "integer").bars)
    return drawings.spark(drawings.side_by_side(shapes.nominal(column)[0][:14]))


def _rows(column: Mapping[str, Any]) -> list[Row]:
    before, after = column["reference"], column["current"]
    rows = [Row("rows", count(before["rows"]), count(after["rows"]), False)]
    for name in ("mean", "sd", "min", "max"):
        if before[name] is not None or after[name] is not None:
            a, b = number(before[name]), number(after[name])
            rows.append(Row(_ROW_NAMES.get(name, name), a, b, False))
    if before["distinct"] is not None or after["distinct"] is not None:
        a, b = _distinct(before["distinct"]), _distinct(after["distinct"])
        rows.append(Row("distinct values", a, b, False))
    for name in words.SPECIALS:
        if before[name] or after[name] or name == "missing":
            a, b = (_share(side[name], side["rows"]) for side in (before, after))
            rows.append(Row(_ROW_NAMES.get(name, name), a, b, a != b))
    return rows


_ROW_NAMES = {
    "sd": "standard deviation",
    "not_finite": "not finite",
    "below": "below the reference's range",
    "above": "above the reference's range",
    "unseen": "unseen categories",
}


def _share(n: int, rows: int) -> str:
    return f"{count(n)} ({percent(n / rows)})" if n else "0"


def _distinct(n: float | None) -> str:
    return "n/a" if n is None else count(round(n))


def _distances(distances: Mapping[str, Mapping[str, Any]]) -> list[Distance]:
    return [
        Distance(*words.DISTANCES.get(key, (key, "")), number(entry["value"], 3), _beside(entry))
        for key, entry in distances.items()
    ]


def _beside(entry: Mapping[str, Any]) -> str:
    if "p" in entry:
        return f"by chance {p_words(entry['p'])}"
    low, high = entry.get("low"), entry.get("high")
    return "" if low is None or high is None else f"{number(low, 3)} to {number(high, 3)}"


def _quoted(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(".", "").replace("/", "")
    return name if plain.isalnum() and plain.isascii() else "'" + name.replace("'", "'\\''") + "'"
