"""One fault per cause: what was found, put to the columns that it is about.

Owns: which finding explains which.  Does not own: the findings themselves, explanations of one
column (`explain`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from vedette.core.words import plural
from vedette.engine.skew.unkeyed.clocks import one_profile, turned
from vedette.engine.skew.unkeyed.explain import explain
from vedette.engine.skew.unkeyed.fault import Fault, fault
from vedette.engine.skew.unkeyed.layout import Layout
from vedette.engine.skew.unkeyed.order import twice_without
from vedette.engine.skew.unkeyed.relations import Broken, Coder, cross
from vedette.engine.skew.unkeyed.swaps import swapped, swapped_within
from vedette.engine.skew.unkeyed.trait import Two
from vedette.engine.skew.unkeyed.values import HOURS
from vedette.monitors.finding import Finding

MANY = 0.5  # of the columns that repeat the row before: then it is the order of rows
FEW = 3
LOSSES = ("spike", "resolution", "missing", "cut", "case", "category")
LIKELY = 0.01  # chance of the copies among rows, where columns already alarmed


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was found.

    Shapes: `own` alarmed, by column; `rows` about whole rows and `relations`, whatever their
    verdict; `copies` of a serving row on average, and the error that the comparison may make.
    """

    own: Mapping[str, Sequence[Finding]]
    rows: Sequence[Finding]
    relations: Sequence[Broken]
    layout: Layout
    twos: Mapping[str, Two]
    coders: Mapping[str, Coder]
    copies: tuple[float, float] = (1.0, 0.05)

    @cached_property
    def broken(self) -> list[Broken]:
        """The relations that came apart."""
        return [b for b in self.relations if b.finding.verdict == "alarming"]


def gather(seen: Evidence) -> list[Fault]:
    """Put everything under one fault each, the gravest first."""
    taken: set[str] = set()
    faults = _layout(seen, taken)
    own = {name: list(found) for name, found in seen.own.items()}
    faults += _rows(seen, own)
    faults += _swaps(seen, own, taken)
    for name, found in own.items():
        if found and name not in taken and name in seen.twos:
            taken.add(name)
            kind, reason = explain(seen.twos[name], found, _turn(name, seen))
            faults.append(fault(kind, name, reason, _lead(found), found))
    faults += _apart(seen, taken)
    return sorted(_with_relations(faults, seen.broken), key=lambda f: f.finding.rank)


def _rows(seen: Evidence, own: dict[str, list[Finding]]) -> list[Fault]:
    """Rows that come twice or in another order; what follows from it is taken out of `own`."""
    sticky = [name for name, found in own.items() if any(f.component == "stale" for f in found)]
    doubled = [f for f in seen.rows if f.verdict == "alarming"]
    if len(sticky) >= FEW:  # each column says so: the rows themselves need no budget of their own
        doubled = [f for f in seen.rows if (f.p or 0.0) < LIKELY]
    elif doubled and (lost := _lost(own)):
        doubled = doubled if twice_without(list(seen.twos.values()), lost) else []
    if not doubled and len(sticky) < max(FEW, MANY * len(seen.twos)):
        return []
    stuck = [f for name in sticky for f in own[name] if f.component == "stale"]
    for name in own:
        weak = [f for f in own[name] if doubled and _by_copies(f, *seen.copies)]
        stuck += weak
        own[name] = [f for f in own[name] if f.component != "stale" and f not in weak]
    if not doubled:
        return [_reordered(stuck)]
    return [fault("duplicates", f.column, f.reason, f, stuck, verdict="alarming") for f in doubled]


def _lost(own: Mapping[str, Sequence[Finding]]) -> set[str]:
    """Columns that lost values, and so may have made different rows alike."""
    return {
        name
        for name, found in own.items()
        if any(f.component in LOSSES and (f.effect or 0.0) > 0 for f in found)
    }


def _by_copies(finding: Finding, copies: float, alpha: float) -> bool:
    """Whether a finding is no alarm once its variance grows as copies of rows make it grow."""
    p, adjusted = finding.p or 0.0, finding.p_adjusted or 0.0
    if p <= 0.0:
        return False
    grown = float(ndtr(ndtri(p) / sqrt(copies)))
    return grown * adjusted / p > alpha


def _layout(seen: Evidence, taken: set[str]) -> list[Fault]:
    faults = []
    names = {new: old for old, new in seen.layout.renamed.items()}
    for f in seen.layout.findings:
        if f.component == "retyped" and f.verdict != "alarming" and seen.own.get(f.column):
            continue  # whole numbers that became decimal ones because some are missing now
        beneath = [*seen.own.get(f.column, ()), *seen.own.get(names.get(f.column, ""), ())]
        faults.append(fault(f.component, f.column, f.reason, f, beneath))
        taken.add(f.column)
    return faults


def _reordered(stuck: Sequence[Finding]) -> Fault:
    lead = max(stuck, key=lambda f: f.magnitude)
    reason = (
        f"rows of serving come in another order than in training: {plural(len(stuck), 'column')}"
        " repeat the row before more often"
    )
    return fault("order", "(all columns)", reason, lead, stuck, verdict="notable")


def _swaps(seen: Evidence, own: Mapping[str, Sequence[Finding]], taken: set[str]) -> list[Fault]:
    """Pairs of columns that changed places: first those whose values say so, then those where only
    what they go with does."""
    suspects = sorted(n for n, found in own.items() if found and n not in taken and n in seen.twos)
    within = sorted({name for b in seen.broken for name in b.relation.columns} - taken)
    asked: list[tuple[list[str], Callable[[Two, Two], bool]]] = [
        (suspects, swapped),
        (within, lambda a, b: swapped_within(a, b, seen.broken, seen.coders)),
    ]
    faults = []
    for names, agree in asked:
        for one, two in combinations(names, 2):
            if taken & {one, two} or not agree(seen.twos[one], seen.twos[two]):
                continue
            beneath = [*own.get(one, ()), *own.get(two, ())]
            lead = _lead(beneath or [b.finding for b in seen.broken if one in b.relation.columns])
            reason = f"`{one}` and `{two}` are swapped in serving"
            faults.append(fault("swapped", one, reason, lead, beneath, other=two))
            taken |= {one, two}
    return faults


def _apart(seen: Evidence, taken: set[str]) -> list[Fault]:
    """Columns whose relations broke and that nothing else explains, fewest columns first."""
    left = [b for b in seen.broken if not taken & set(b.relation.columns)]
    faults = []
    while left:
        weights: dict[str, float] = {}
        for b in left:
            for name in b.relation.columns:
                weights[name] = weights.get(name, 0.0) + abs(b.finding.effect or 0.0) + 1
        clocks = {name for name in weights if seen.twos[name].training.is_clock}
        name = max(weights, key=lambda n: (weights[n], n in clocks, n))
        inside = [b for b in left if name in b.relation.columns]
        left = [b for b in left if name not in b.relation.columns]
        hours = _turn(name, seen)
        partners = [next(c for c in b.relation.columns if c != name) for b in inside]
        lead = max((b.finding for b in inside), key=lambda f: f.magnitude)
        beneath = [b.finding for b in inside]
        if hours:
            reason = _late(name, hours)
            faults.append(fault("time_zone", name, reason, lead, beneath))
        else:
            with_ = ", ".join(f"`{p}`" for p in partners[:3])
            reason = (
                f"values of serving `{name}` do not belong to their rows: it no longer goes with"
                f" {with_} as in training (stale, late or shuffled)"
            )
            other = partners[0] if len(partners) == 1 else None
            faults.append(fault("stale", name, reason, lead, beneath, other=other))
        taken.add(name)
    return faults


def _late(name: str, hours: int) -> str:
    way = "ahead of" if hours > 0 else "behind"
    return f"serving `{name}` runs {plural(abs(hours), 'hour')} {way} training: another time zone"


def _turn(name: str, seen: Evidence) -> int:
    """By how many hours a clock is turned against the columns that it goes with."""
    coder = seen.coders.get(name)
    if coder is None or not coder.hour or name not in seen.twos:
        return 0
    two = seen.twos[name]
    tables: list[list[np.ndarray]] = [[], []]
    own = [b for b in seen.relations if name in b.relation.columns]
    apart = [b for b in own if b.finding.verdict == "alarming"]
    for b in apart or sorted(own, key=lambda b: -b.training)[:1]:
        first = b.relation.one.column == name
        partner = b.relation.two if first else b.relation.one
        other = seen.twos[partner.column]
        sides = (two.training, other.training), (two.serving, other.serving)
        for at, (clock, its) in enumerate(sides):
            table = cross(clock.hours, partner.codes(its), HOURS, partner.size)
            tables[at].append(table / max(table.sum(), 1))
    if not tables[0]:
        tables = [[one_profile(side.hours)] for side in (two.training, two.serving)]
    return turned(np.hstack(tables[0]), np.hstack(tables[1]))


def _lead(found: Sequence[Finding]) -> Finding:
    return max(found, key=lambda f: (f.magnitude, f.evidence))


def _with_relations(faults: list[Fault], broken: Sequence[Broken]) -> list[Fault]:
    """Put every broken relation beneath the fault of one of its columns."""
    done = []
    for one in faults:
        mine = {*one.columns}
        more = [b.finding for b in broken if mine & set(b.relation.columns)]
        done.append(one.with_evidence(more))
    return done
