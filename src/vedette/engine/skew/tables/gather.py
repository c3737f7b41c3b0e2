"""One fault per cause: what was found, put to the columns that it is about.

Owns: which finding explains which.  Does not own: the findings themselves, explanations of one
column (`explain`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vedette.core.words import plural
from vedette.engine.skew.tables.clocks import turned
from vedette.engine.skew.tables.explain import explain
from vedette.engine.skew.tables.fault import Fault, fault
from vedette.engine.skew.tables.layout import Layout
from vedette.engine.skew.tables.relations import Broken, Coder
from vedette.engine.skew.tables.swaps import swapped, swapped_within
from vedette.engine.skew.tables.trait import Two
from vedette.monitors.finding import Finding

MANY = 0.5  # of the columns that repeat the row before: then it is the order of rows
FEW = 3
LIKELY = 0.01  # chance of the copies among rows, where columns already alarmed


@dataclass(frozen=True, eq=False)
class Evidence:
    """What alarmed.  Shapes: `own` by column; `rows` about whole rows, whatever their verdict."""

    own: Mapping[str, Sequence[Finding]]
    rows: Sequence[Finding]
    broken: Sequence[Broken]
    layout: Layout
    twos: Mapping[str, Two]
    coders: Mapping[str, Coder]


def gather(seen: Evidence) -> list[Fault]:
    """Put everything under one fault each, the gravest first."""
    taken: set[str] = set()
    faults = _layout(seen, taken)
    own = {name: list(found) for name, found in seen.own.items()}
    sticky = [name for name, found in own.items() if any(f.component == "stale" for f in found)]
    doubled = [f for f in seen.rows if f.verdict == "alarming"]
    if len(sticky) >= FEW:  # each column says so: the rows themselves need no budget of their own
        doubled = [f for f in seen.rows if (f.p or 0.0) < LIKELY]
    if doubled or len(sticky) >= max(FEW, MANY * len(seen.twos)):
        stuck = [f for name in sticky for f in own[name] if f.component == "stale"]
        for name in sticky:
            own[name] = [f for f in own[name] if f.component != "stale"]
        for f in doubled:
            faults.append(fault("duplicates", f.column, f.reason, f, stuck, verdict="alarming"))
        if not doubled:
            faults.append(_reordered(stuck))
    faults += _swaps(seen, own, taken)
    for name, found in own.items():
        if found and name not in taken and name in seen.twos:
            taken.add(name)
            kind, reason = explain(seen.twos[name], found, _turn(name, seen))
            faults.append(fault(kind, name, reason, _lead(found), found))
    faults += _apart(seen, taken)
    return sorted(_with_relations(faults, seen.broken), key=lambda f: f.finding.rank)


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
        f"rows of serving come in another order than in training: {plural(len(stuck), 'column')} repeat"
        " the row before more often"
    )
    return fault("order", "(all columns)", reason, lead, stuck, verdict="notable")


def _swaps(seen: Evidence, own: Mapping[str, Sequence[Finding]], taken: set[str]) -> list[Fault]:
    suspects = [n for n, found in own.items() if found and n not in taken and n in seen.twos]
    within = {name for b in seen.broken for name in b.relation.columns} - taken
    faults = []
    names = sorted({*suspects, *within})
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            if taken & {one, two}:
                continue
            a, b = seen.twos[one], seen.twos[two]
            both = one in suspects and two in suspects and swapped(a, b)
            touched = one in within and two in within
            if both or (touched and swapped_within(a, b, seen.broken, seen.coders)):
                beneath = [*own.get(one, ()), *own.get(two, ())]
                lead = _lead(beneath or [x.finding for x in seen.broken if one in x.relation.columns])
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
                f"values of serving `{name}` do not belong to their rows: it no longer goes with {with_}"
                " as in training (stale, late or shuffled)"
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
    for b in seen.broken:
        if name not in b.relation.columns:
            continue
        first = b.relation.one.column == name
        partner = b.relation.two if first else b.relation.one
        other = seen.twos[partner.column]
        for at, (own, its) in enumerate(
            ((two.training, other.training), (two.serving, other.serving))
        ):
            hours = own.hours
            kept = hours >= 0
            codes = partner.codes(its)[kept]
            table = np.bincount(hours[kept] * partner.size + codes, minlength=24 * partner.size)
            tables[at].append(table.reshape(24, partner.size) / max(table.sum(), 1))
    if not tables[0]:
        for at, side in enumerate((two.training, two.serving)):
            counts = np.bincount(side.hours[side.hours >= 0], minlength=24)[:, None]
            tables[at].append(counts / max(counts.sum(), 1))
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
