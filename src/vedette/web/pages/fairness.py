"""Is a model right for everyone?  A page of its own, and the part of the model's page that leads
there.

Owns: what its templates are filled with.  Does not own: the numbers (`web.fairness`), the answer
(`web.fairness_verdict`), drawings (`web.charts.fairness`).
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.rates import RATES
from vedette.core.words import count, number, p_words, percent, points
from vedette.engine.audit.rates import CONTEXT
from vedette.report.figures.fairness import HEIGHT, forest_height
from vedette.stats.fairness.metrics import GROUP_METRICS
from vedette.web import documents
from vedette.web.answers import Answer
from vedette.web.asked import Asked, asked
from vedette.web.call import Call
from vedette.web.charts.fairness import asked_of, drawn, forest_rows, why_empty, why_not
from vedette.web.fairness import Treated, grouping_of, sets_for
from vedette.web.fairness_numbers import number_rows
from vedette.web.fairness_spread import spread_rows
from vedette.web.fairness_steps import group_asked
from vedette.web.fairness_tables import calibration_rows, fifths_rows, group_rows, label_rows
from vedette.web.fairness_verdict import is_fair, is_fair_to_all, speaks
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of

SHORT = {
    "selection_rate": "selected", "true_positive_rate": "TPR", "false_positive_rate": "FPR",
    "false_negative_rate": "FNR", "positive_predictive_value": "PPV",
    "negative_predictive_value": "NPV", "accuracy": "accuracy", "base_rate": "base rate",
}  # fmt: skip
MOST = 60  # groups of a table; the API has all


def page_fairness(call: Call) -> Answer:
    """How a model treats groups over a stretch of time."""
    one = asked(call)
    words = call.query()
    path = f"/models/{quote(one.past.model, safe='')}/fairness"
    kept = {name: words.word(name) for name in ("groups", "metric", "against", "group")}
    found = asked_of(one)
    span = one.span if found is None else found.found.span
    return render(
        call,
        "fairness.html.jinja",
        SHORT=SHORT,
        model=one.past.model,
        range=range_of(path, span, one.past.now, **kept),
        fair=_unknown(one) if found is None else _part(one, found, words.word("group")),
    )


def fairness_part(one: Asked) -> dict[str, Any]:
    """The short part of a model's page."""
    grouping = grouping_of(one.past)
    if grouping is None:
        return {"known": False, "why": why_not(one), "yaml": _yaml(one)}
    incidents = one.past.incidents(one.span.start, one.span.end)
    answer = is_fair_to_all(one, incidents)
    return {"known": True, "answer": answer, "may": bool(sets_for(one, grouping))}


def _unknown(one: Asked) -> dict[str, Any]:
    told = grouping_of(one.past) is not None
    return {"known": False, "why": why_not(one), "yaml": "" if told else _yaml(one)}


def _part(one: Asked, found: Treated, wanted: str | None) -> dict[str, Any]:
    incidents = one.past.incidents(one.span.start, one.span.end)
    grouping, metric, limits = found.grouping, found.metric, found.limits
    group, forest = group_asked(found, wanted), forest_rows(found)
    spread = spread_rows(found)
    members = group_rows(found)
    return {
        "known": True,
        "decides": found.decides,
        "answer": is_fair(found, incidents),
        "sets": [known.key for known in sets_for(one, grouping)],
        "groups": found.groups.key,
        "metrics": [(one.name, RATES[one.name]) for one in GROUP_METRICS],
        "metric": metric.name,
        "called": RATES[metric.name],
        "against": found.against,
        "names": [
            (row["group"], found.groups.spoken(row["group"]))
            for row in members
            if row["named"] and row["shown"]
        ],
        "group": group,
        "name": "" if group is None else found.groups.spoken(group),
        "other": found.groups.spoken(found.against),
        "query": {"groups": found.groups.key, "metric": metric.name, "against": found.against},
        "positive": grouping.grading.classes[grouping.positive] if found.decides else "",
        "limit": f"{number(limits.ratio, 3)} times" if metric.ratio
        else f"{points(limits.gap)} points",
        "judged": metric.name not in CONTEXT,
        "by_ratio": metric.ratio,
        "least": limits.minimum,
        "labels": labels_in_words(found),
        "selective": found.selective,
        "refused": [RATES[m.name] for m in GROUP_METRICS if m.name in found.refused],
        "why": why_empty(found) if not forest else "",
        "few": [row["group"] for row in members if not row["shown"]],
        "members": members,
        "lines": [_line(found, row) for row in found.of(metric.name)][:MOST],
        "matrix": _matrix(found),
        "told": [(m.name, RATES[m.name]) for m in found.metrics],
        "others": [(m.name, RATES[m.name]) for m in found.metrics if m.name != metric.name],
        "fifth": number(limits.ratio, 3),
        "has_labels": bool(found.tally.labelled.any()),
        "fifths": [_fifth(found, row) for row in fifths_rows(found)][:MOST],
        "coverage": [_covered(found, row) for row in label_rows(found)][:MOST],
        "calibration": {
            found.groups.spoken(row["group"]): _calibrated(row) for row in calibration_rows(found)
        },
        "numbers": [_number(found, row) for row in number_rows(found)],
        "has_scores": bool(spread),
        "heights": {
            "groups": forest_height(len(forest)), "gap": HEIGHT,
            "spreads": forest_height(len(spread)),
            **{m.name: forest_height(drawn(found, m.name)) for m in found.metrics},
        },
        "incidents": _open(incidents, found.groups.key),
    }  # fmt: skip


def labels_in_words(found: Treated) -> str:
    """How many rows have a label, and how many windows wait for theirs."""
    tally = found.alike
    rows, labelled = int(tally.rows.sum()), int(tally.labelled.sum())
    if not rows:
        return ""
    if not labelled:
        return "No row of this time has a label yet: only selection rates can be told."
    said = f"{count(labelled)} of {count(rows)} rows have a label ({percent(labelled / rows)})"
    if found.found.has_mature and found.found.waiting.any():
        said += "; windows whose labels are under way are left out of what rests on labels"
    return f"{said}."


def _line(found: Treated, row: dict[str, Any]) -> dict[str, Any]:
    """A group on its line."""
    key = (row["metric"], row["group"])
    before, moved = found.before.get(key), found.changes.get(key)
    by_ratio = found.metric.ratio
    return {
        "group": row["group"],
        "name": found.groups.spoken(row["group"]),
        "verdict": row["verdict"],
        "rows": "–" if row["n"] is None else count(row["n"]),
        "rate": bounded(row["rate"], row["low"], row["high"]),
        "other": "–" if row["other"] is None else percent(row["other"]),
        "gap": ratio(row) if by_ratio else difference(row),
        "reference": "–" if before is None else percent(before["rate"]),
        "change": "–" if moved is None or moved["change"] is None else signed(moved["change"]),
        "span": "" if moved is None or moved["low"] is None or moved["high"] is None
        else f"{signed(moved['low'], '')} to {signed(moved['high'])}",
        "moved": moved is not None and moved["low"] is not None and moved["high"] is not None
        and not moved["low"] <= 0 <= moved["high"],
        "reason": row["reason"],
        "shown": row["rate"] is not None,
    }  # fmt: skip


def _matrix(found: Treated) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Every group by every metric: its rate, its rows, its verdict."""
    cells = {(row["group"], row["metric"]): row for row in found.rows}
    lines = []
    for group in found.groups.labels[:-2][:MOST]:
        line = []
        for metric in found.metrics:
            row = cells.get((group, metric.name))
            if row is None or row["rate"] is None:
                line.append(("–", "", ""))
            else:
                line.append((percent(row["rate"]), count(row["n"]), row["verdict"]))
        lines.append((found.groups.spoken(group), line))
    return lines


def _fifth(found: Treated, row: dict[str, Any]) -> dict[str, str]:
    return {
        "group": found.groups.spoken(row["group"]),
        "n": count(row["n"]),
        "rate": percent(row["rate"]),
        "highest": "–" if row["to_highest"] is None else number(row["to_highest"], 3),
        "span": "" if row["to_highest_low"] is None
        else f"{number(row['to_highest_low'], 2)} to {number(row['to_highest_high'], 2)}",
        "rest": ratio(row), "p": p_words(row["p"]), "verdict": row["verdict"],
    }  # fmt: skip


def _covered(found: Treated, row: dict[str, Any]) -> dict[str, Any]:
    def share(name: str) -> str:
        return "–" if row[name] is None else percent(row[name])

    return {
        "group": found.groups.spoken(row["group"]), "rows": count(row["rows"]),
        "coverage": bounded(row["coverage"], row["low"], row["high"]),
        "selected": share("selected"), "others": share("others"),
        "selective": row["selective"], "uneven": row["uneven"],
    }  # fmt: skip


def _number(found: Treated, row: dict[str, Any]) -> dict[str, str]:
    """One number of one group on its line: a share in percent, others in their own unit."""

    def told(value: float | None) -> str:
        return "–" if value is None else percent(value) if row["share"] else number(value, 3)

    moved, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
    gap = "–"
    if row["share"]:
        gap = difference(row)
    elif moved is not None and low is not None and high is not None:
        gap = f"{number(moved, 3)} ({number(low, 3)} to {number(high, 3)})"
    return {
        "group": found.groups.spoken(row["group"]), "measure": row["measure"],
        "n": count(row["n"]), "mean": told(row["mean"]), "other": told(row["other"]),
        "gap": gap, "size": "–" if row["size"] is None else number(row["size"], 2),
        "reference": told(row["reference"]), "verdict": row["verdict"],
    }  # fmt: skip


def _calibrated(row: dict[str, Any]) -> str:
    """Observed over expected positives with its interval and rows."""
    if row["ratio"] is None or row["low"] is None or row["high"] is None:
        return "–"
    told = f"{number(row['ratio'], 3)} ({number(row['low'], 3)} to {number(row['high'], 3)})"
    return f"{told} of {count(row['n'])}"


def bounded(value: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval.

    Example:
        >>> bounded(0.2, 0.151, 0.26), bounded(None, 0, 1)
        ('20 % (15 to 26 %)', '–')
    """
    if value is None or low is None or high is None:
        return "–"
    return f"{percent(value)} ({percent(low).removesuffix(' %')} to {percent(high)})"


def ratio(row: dict[str, Any]) -> str:
    """A ratio of rates with its interval.

    Example:
        >>> ratio({"ratio": 0.5, "ratio_low": 0.41, "ratio_high": 0.62})
        '0.5 (0.41 to 0.62)'
    """
    value, low, high = (row[name] for name in ("ratio", "ratio_low", "ratio_high"))
    if value is None:
        return "–"
    end = "any" if high is None else number(high, 3)
    return f"{number(value, 3)} ({number(low, 3)} to {end})"


def difference(row: dict[str, Any]) -> str:
    """A difference of rates with its interval, in points.

    Example:
        >>> difference({"difference": -0.2, "difference_low": -0.25, "difference_high": -0.15})
        '-20 points (-25 to -15)'
    """
    if row["difference"] is None:
        return "–"
    low, high = (signed(row[f"difference_{end}"], "") for end in ("low", "high"))
    return f"{signed(row['difference'])} ({low} to {high})"


def signed(change: float, unit: str = " points") -> str:
    """A difference of shares with its sign.

    Example:
        >>> signed(0.031), signed(-0.02, "")
        ('+3.1 points', '-2')
    """
    return f"{'+' if change > 0 else ''}{points(change)}{unit}"


def _open(incidents: Sequence[Incident], key: str) -> list[dict[str, Any]]:
    """The open incidents that are about a set of groups."""
    return [
        documents.incident_document(one, whole=False)
        for one in incidents
        if is_open(one) and speaks(one, key)
    ]


def _yaml(one: Asked) -> str:
    """How groups are set, for the settings file."""
    baseline = one.past.baseline
    columns = [] if baseline is None else list(baseline.segments) or list(baseline.columns)
    name = columns[0] if columns and columns[0].isidentifier() else "sex"
    return (
        f'fairness:\n  groups: [{name}]\n  positive: "true"   # the class that counts as selected'
    )
