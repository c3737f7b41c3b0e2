"""What is asked of groups: a set of them, a metric, and whom they are held against.

Owns: reading what an address asks for.  Does not own: what may be shown of it (`web.fairness`).
"""

from collections.abc import Sequence

from vedette.core.errors import nearest
from vedette.engine.audit.rates import REST
from vedette.profiles.groups import Grouping, Groups
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric
from vedette.web.answers import Problem


def set_asked(grouping: Grouping, sets: Sequence[Groups], wanted: str | None) -> Groups | None:
    """The set of groups, of those that the caller may see; None where there is none.

    Errors: Problem, 400 for a set that is none, 403 for one that the caller may not see.
    """
    keys = [known.key for known in sets]
    if not wanted:
        return sets[0] if sets else None
    if wanted in keys:
        return sets[keys.index(wanted)]
    if wanted in grouping.by_key:
        raise Problem(
            403, "not_allowed", "This key may not see these groups: scope 'admin' is needed.",
            "groups",
        )  # fmt: skip
    hint = nearest(wanted, keys) or f"there are: {', '.join(keys[:20])}"
    raise Problem(400, "wrong_query", f"There are no groups by {wanted[:80]!r}; {hint}", "groups")


def metric_asked(wanted: str | None) -> GroupMetric:
    """The metric; the first unless one is named.

    Errors: Problem, 400, for one that is none.
    """
    names = [metric.name for metric in GROUP_METRICS]
    if not wanted:
        return GROUP_METRICS[0]
    if wanted not in names:
        hint = nearest(wanted, names) or f"there are: {', '.join(names)}"
        raise Problem(400, "wrong_query", f"There is no metric {wanted[:60]!r}; {hint}", "metric")
    return GROUP_METRICS[names.index(wanted)]


def against_asked(groups: Groups, wanted: str | None) -> str:
    """The group that the others are held against; the rest unless one is named.

    Errors: Problem, 400, for one that is none.
    """
    if not wanted or wanted == REST:
        return REST
    names = groups.labels[:-2]
    if wanted not in names:
        hint = nearest(wanted, names) or "leave it out for the rest"
        raise Problem(400, "wrong_query", f"There is no group {wanted[:80]!r}; {hint}", "against")
    return wanted
