"""The words a report says beside the numbers: verdicts, components, effects, moments of time.

Owns: turning one value of the document into a phrase.  Does not own: digits (`core.words`), layout.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from vedette.core.words import number, percent

VERDICTS = ("alarming", "notable", "unknown", "calm")  # worst first
MATTER = ("alarming", "notable")
MARKS = {"alarming": "▲", "notable": "◆", "unknown": "○", "calm": "●"}
SEVERITY_MARKS = {"critical": "▲", "warning": "●", "info": "○"}
VERDICT_MEANS = {
    "alarming": "changed, and by more than the smallest change that matters",
    "notable": "changed, but not surely by more than the smallest change that matters",
    "unknown": "could not be judged",
    "calm": "no change found",
}
COMPONENTS = {
    "level": "level",
    "spread": "spread",
    "skew": "skew",
    "shape": "shape",
    "category": "category",
    "distance": "distance",
    "missing": "missing",
    "not_finite": "not finite",
    "broken": "broken",
    "below": "below the range",
    "above": "above the range",
    "range": "outside the range",
    "unseen": "unseen values",
    "joint": "all columns together",
    "association": "correlation with",
    "pattern": "place beside",
    "together": "many columns together",
    "differs": "differs from offline",
    "missing_online": "missing in serving",
    "missing_offline": "missing offline",
}
SPECIALS = ("missing", "not_finite", "broken", "below", "above", "unseen")
TWINS = ("differs", "missing_online", "missing_offline")  # rates of pairs that disagree
RATES = (
    *SPECIALS,
    *TWINS,
    "range",
    "category",
)  # components whose observed and expected are shares
QUANTITIES = {"level": "mean", "spread": "standard deviation"}
DISTANCES = {
    "psi": ("PSI", "population stability index, corrected for sample size"),
    "js": ("Jensen-Shannon", "distance, base 2"),
    "hellinger": ("Hellinger", "distance"),
    "total_variation": ("Total variation", "share of rows that would have to move"),
    "w": ("Cohen's w", "chi-square effect size"),
    "chi_square": ("Chi-square", "statistic over the bins"),
    "ks": ("Kolmogorov-Smirnov", "largest gap between cumulative shares"),
    "wasserstein": ("Wasserstein", "mean move, in the column's unit"),
}


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; calm when there are none.

    Example:
        >>> worst(["calm", "notable", "unknown"])
        'notable'
    """
    return min(verdicts, key=VERDICTS.index, default="calm")


def overall(document: Mapping[str, Any]) -> str:
    """The verdict over the whole document; unknown when not one column could be compared.

    Example:
        >>> overall({"counts": {"alarming": 0, "notable": 0, "calm": 0, "unknown": 2}})
        'unknown'
    """
    if "skew" in document:  # training against serving: its faults say it all
        return worst(fault["verdict"] for fault in document["skew"]["faults"])
    counts = document["counts"]
    findings = [finding["verdict"] for finding in document.get("findings", ())]
    named = [verdict for verdict in MATTER if counts.get(verdict) or verdict in findings]
    if named:
        return named[0]
    return "unknown" if counts.get("unknown") and not counts.get("calm") else "calm"


def visible(text: str) -> str:
    r"""Spell out control characters, so that a name can neither move a cursor nor break XML.

    Example:
        >>> visible("a\x1b[31m\nb\ud800")
        'a\\x1b[31m\\nb\\ud800'
    """
    if text.isprintable():  # nearly every name: a page of a thousand models asks for thousands
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def prose(text: str) -> str:
    """A sentence as HTML, inert: names in backticks are set as code, arrows as arrows.

    Example:
        >>> prose("`a<b` rose: 1 -> 2")
        '<code>a&lt;b</code> rose: 1 → 2'
    """
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(visible(text))).replace("-&gt;", "→")


def effect(value: float | None, unit: str | None, *, signed: bool = True) -> str:
    """Spell an effect with its unit; differences of shares are points of a hundred.

    Example:
        >>> effect(0.4231, "sd"), effect(-0.032, "share"), effect(0.31, "w", signed=False)
        ('+0.42 sd', '-3.2 points', '0.31 w')
    """
    if value is None:
        return ""
    sign = "+" if signed and value > 0 else ""
    return sign + number(_scaled(value, unit), 2) + (f" {_unit(unit)}" if unit else "")


def interval(low: float | None, high: float | None, unit: str | None = None) -> str:
    """Spell an interval without its unit; "" when either end is not known.

    Example:
        >>> interval(0.391, 0.449, "sd"), interval(0.029, 0.035, "share"), interval(None, 1.0)
        ('0.39 to 0.45', '2.9 to 3.5', '')
    """
    if low is None or high is None:
        return ""
    return f"{number(_scaled(low, unit), 2)} to {number(_scaled(high, unit), 2)}"


def before_after(finding: Mapping[str, Any]) -> str:
    """Spell what was expected and what was observed; "" when either is not known.

    Example:
        >>> before_after({"component": "level", "expected": 1043.2, "observed": 1401.0})
        'mean 1043 to 1401'
        >>> before_after({"component": "missing", "expected": 0.002, "observed": 0.038})
        '0.2 % to 3.8 %'
    """
    before, after = finding.get("expected"), finding.get("observed")
    if before is None or after is None:
        return ""
    component = finding["component"]
    if component in RATES:
        return f"{percent(before)} to {percent(after)}"
    quantity = QUANTITIES.get(component, "")
    return f"{quantity} {number(before)} to {number(after)}".strip()


def subject(finding: Mapping[str, Any]) -> str:
    """Name the component of a finding, with the category it is about.

    Example:
        >>> subject({"component": "category", "category": "JFK"})
        'category JFK'
    """
    name = COMPONENTS.get(finding["component"], str(finding["component"]))
    category = finding.get("category")
    return name if category is None else f"{name} {category}"


def detectable(column: Mapping[str, Any]) -> str:
    """Say what a quiet column would have shown; "" when that is not known.

    Example:
        >>> detectable({"detectable": 0.0712, "kind": "numeric"})
        'would have noticed a shift of 0.071 sd'
        >>> detectable({"detectable": 0.0712, "kind": "category"})
        'would have noticed a distance of 0.071'
    """
    value = column.get("detectable")
    if value is None:
        return ""
    if column["kind"] in ("category", "boolean") or column.get("method") == "distance":
        return f"would have noticed a distance of {number(value, 2)}"
    return f"would have noticed a shift of {number(value, 2)} sd"


def noticed(columns: Iterable[Mapping[str, Any]]) -> str:
    """Say what several quiet columns would all have shown; "" when that is not known.

    Example:
        >>> noticed([{"detectable": x, "kind": "numeric"} for x in (0.02, 0.03)])
        'would have noticed a shift of 0.03 sd'
    """
    known = [column for column in columns if column.get("detectable") is not None]
    phrases = [column for column in known if detectable(column).endswith(" sd")] or known
    return detectable(max(phrases, key=lambda column: column["detectable"])) if phrases else ""


def moment(text: str | None) -> str:
    """Spell a moment of the document for people; "" for none.

    Units: UTC.
    Example:
        >>> moment("2013-01-01T05:00:00Z"), moment("2013-02-01T00:00:00Z"), moment(None)
        ('1 Jan 2013, 05:00', '1 Feb 2013', '')
    """
    if text is None:
        return ""
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return text
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    day = f"{then.day} {months[then.month - 1]} {then.year}"
    return day if (then.hour, then.minute) == (0, 0) else f"{day}, {then:%H:%M}"


def period(side: Mapping[str, Any]) -> str:
    """Spell the period a table covers; "" when it has no times.

    Example:
        >>> period({"start": "2013-01-01T00:00:00Z", "end": "2013-01-31T23:00:00Z"})
        '1 Jan 2013 to 31 Jan 2013'
        >>> period({"start": "2013-01-01T00:00:00Z", "end": "2013-01-01T23:00:00Z"})
        '1 Jan 2013 to 1 Jan 2013, 23:00 UTC'
    """
    start, end = moment(side.get("start")), moment(side.get("end"))
    if not start or not end:
        return start or end
    days = [text.split(",")[0] for text in (start, end)]
    if days[0] != days[1]:
        return f"{days[0]} to {days[1]}"
    return f"{start} UTC" if start == end else f"{start} to {end} UTC"


def _scaled(value: float, unit: str | None) -> float:
    return 100 * value if unit == "share" else value


def _unit(unit: str | None) -> str:
    return "points" if unit == "share" else str(unit)


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
