"""Is the model right for everyone?  One sentence, and the verdict that it ends in.

Owns: the answer in words.  Does not own: numbers (`web.fairness`), reasons of single comparisons
(`engine.audit.words`), alarms: an incident that is open is the word of the monitors, and leads.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.axis import FAIRNESS
from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.core.words import count, percent, plural
from vedette.engine.audit.rates import REST
from vedette.stats.fairness.metrics import GROUP_METRICS
from vedette.web.asked import Asked
from vedette.web.fairness import Treated, grouping_of, is_judged, of_set, sets_for
from vedette.web.fairness_numbers import number_rows

MANY = 0.05  # more rows of no named group than in the reference, from which on it is told
NOBODY = "No row of this time is kept."
HIDDEN = "A group is treated unlike the rest; which one, scope 'admin' sees"
WORDS = {
    "alarming": "No", "notable": "Probably not", "calm": "Yes, as far as can be told",
    "unknown": "Cannot tell yet",
}  # fmt: skip
Row = Mapping[str, Any]
Rows = NDArray[np.number[Any]]


class Fair(NamedTuple):
    """The answer: a verdict as a finding has it, a word for it, one sentence, the comparison that
    leads to it, and the incident that says so, if one does."""

    verdict: str
    word: str
    sentence: str
    row: Row | None = None
    incident: Incident | None = None


def is_fair(asked: Treated, incidents: Sequence[Incident] = ()) -> Fair:
    """Whether the groups of one set are treated alike, as far as that is known."""
    opened = [one for one in incidents if is_open(one) and speaks(one, asked.groups.key)]
    found = _answer(_judged(asked), asked.covered, opened)
    unnamed = _unnamed(asked)
    return found._replace(sentence=f"{found.sentence} {unnamed}") if unnamed else found


def _unnamed(asked: Treated) -> str:
    """That many rows more than in the reference are of no named group: a column that is gone, or
    written in another way, leaves the comparisons blind."""
    least, before = asked.limits.minimum, asked.sizes_before.get(asked.groups.key)
    share = _share_unnamed(asked.tally.rows, least)
    was = 0.0 if before is None else _share_unnamed(before, least)
    if share - was < MANY:
        return ""
    return f"{percent(share)} of the rows are of no named group, {percent(was)} in the reference."


def _share_unnamed(rows: Rows, least: int) -> float:
    """The share of rows of no named group; those of others only where they are many enough."""
    other, unstated = (float(part) for part in rows[-2:])
    return (unstated + (other if other >= least else 0.0)) / max(float(rows.sum()), 1.0)


def is_fair_to_all(one: Asked, incidents: Sequence[Incident] = ()) -> Fair | None:
    """The same over all sets; what the caller may not see is not named.  None without groups."""
    grouping = grouping_of(one.past)
    if grouping is None:
        return None
    told = [of_set(one, grouping, groups, GROUP_METRICS[0]) for groups in grouping.sets]
    rows = [row for asked in told for row in _judged(asked)]
    opened = [incident for incident in incidents if is_open(incident) and speaks(incident)]
    found = _answer(rows, told[0].covered, opened)
    seen = {groups.key for groups in sets_for(one, grouping)}
    named = {key for incident in opened for key in sets_of(incident)}
    hidden = (found.row is not None and found.row["set"] not in seen) or bool(named - seen)
    if not hidden:
        return found
    beyond = found.verdict in ("alarming", "notable")
    said = HIDDEN if beyond else "Which groups there are, scope 'admin' sees"
    return found._replace(sentence=f"{said}.", row=None, incident=None)


def speaks(incident: Incident, groups: str | None = None) -> bool:
    """Whether an incident is about groups, of one set or of any."""
    found = sets_of(incident)
    return bool(found) if groups is None else groups in found


def sets_of(incident: Incident) -> set[str]:
    """The sets of groups that an incident is about."""
    return {column for monitor, column, _ in incident.streams if monitor in OF_GROUPS}


def worst(rows: Sequence[Row]) -> Row | None:
    """The comparison that leads: the one that is most surely beyond its limit."""
    beyond = [row for row in rows if is_judged(row) and row["verdict"] in ("alarming", "notable")]
    return min(beyond, key=_badness, default=None)


def _judged(asked: Treated) -> list[Row]:
    """The comparisons that the answer rests on: rates, or, without decisions, numbers; those are
    notable at most, and nobody knows how many rows they lack."""
    if asked.decides:
        return list(asked.rows)
    most = {"alarming": "notable"}
    return [
        {
            **row,
            "metric": f"mean {row['measure']}",
            "verdict": most.get(row["verdict"], row["verdict"]),
            "difference": row["size"],  # each number has a unit of its own
            "rows_lacking": None,
        }
        for row in number_rows(asked)
    ]


def _nearness(incident: Incident, group: str) -> tuple[bool, bool, int]:
    """Whether an incident is about how a group is treated, and of what it speaks first; of several
    the one that began first."""
    own = any(monitor in OF_GROUPS and segment == group for monitor, _, segment in incident.streams)
    return own, incident.axis == FAIRNESS, -incident.opened


def _badness(row: Row) -> tuple[Any, ...]:
    adjusted = row["p_adjusted"]
    size = abs(row["difference"] or 0.0)
    return (row["verdict"] != "alarming", adjusted is None, adjusted or 0.0, -size)


def _answer(rows: Sequence[Row], covered: Window | None, opened: Sequence[Incident]) -> Fair:
    rows = [row for row in rows if is_judged(row)]
    lead = worst(rows)
    group = "" if lead is None else lead["group"]
    incident = max(opened, key=lambda one: _nearness(one, group), default=None)
    if covered is None or not rows:
        sentence = NOBODY if covered is None else "No group has rows enough to be told."
        word = "unknown" if incident is None else "alarming"
        return Fair(word, WORDS[word], sentence, None, incident)
    if lead is not None:
        verdict = "alarming" if incident is not None else lead["verdict"]
        more = sum(row["verdict"] in ("alarming", "notable") for row in rows) - 1
        tail = f"; {plural(more, 'more comparison')} beyond a limit" if more else ""
        return Fair(verdict, WORDS[verdict], f"{_sentence(lead['reason'])}{tail}.", lead, incident)
    unknown = [row for row in rows if row["verdict"] == "unknown"]
    calm = len(rows) - len(unknown)
    if incident is not None:
        said = "An alarm is open; over this stretch alone no group lies surely beyond a limit."
        return Fair("alarming", WORDS["alarming"], said, None, incident)
    if not calm:
        first = min(unknown, key=_far_off)
        return Fair("unknown", WORDS["unknown"], f"{_sentence(first['reason'])}.", first)
    said = f"No group lies beyond a limit in {count(calm)} of {plural(len(rows), 'comparison')}"
    return Fair("calm", WORDS["calm"], f"{said}{_lacking(unknown, covered)}.")


def _far_off(row: Row) -> tuple[bool, float]:
    lacking = row["rows_lacking"]
    return lacking is None, lacking or 0.0


def _lacking(unknown: Sequence[Row], covered: Window) -> str:
    """How far off the comparisons are that cannot be told yet."""
    if not unknown:
        return ""
    said = f"; {count(len(unknown))} cannot be told yet"
    days = max((covered.end - covered.start) / DAY, 1.0)
    wait = [
        row["rows_lacking"] / row["n"] * days for row in unknown if row["rows_lacking"] and row["n"]
    ]
    if not wait:
        return said
    return f"{said}, the first of them in about {plural(max(round(min(wait)), 1), 'day')}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def beside(against: str) -> str:
    """What groups are held against, in words.

    Example:
        >>> beside("the rest"), beside("race=White")
        ('the rest', '`race=White`')
    """
    return against if against == REST else f"`{against}`"
