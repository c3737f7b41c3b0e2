"""Swapped columns: serving's `a` is training's `b`, and the other way round.

Owns: telling a swap from two columns that changed.  Does not own: which columns are asked about
(`gather`).
"""

from collections.abc import Mapping, Sequence

from vedette.engine.skew.unkeyed.likeness import Likeness, likeness
from vedette.engine.skew.unkeyed.relations import Broken, Coder, correlation
from vedette.engine.skew.unkeyed.scales import SOME, mixture, noise_of
from vedette.engine.skew.unkeyed.trait import Two

CLOSER = 0.2  # of the distance that a swap may leave, where it leaves more than chance
RESTORED = 0.3  # of a relation's change
AGREE = 0.25  # relative: how far the two shares of a swap of some rows may lie apart
MENDED = 0.75  # of the relations that broke: of both columns, each with a third


def swapped(one: Two, two: Two) -> bool:
    """Whether each column's serving values look like the other's training values and not its
    own."""
    if not one.comparable or not two.comparable or one.training.kind != two.training.kind:
        return False
    own = likeness(one.serving, one.training), likeness(two.serving, two.training)
    across = likeness(one.serving, two.training), likeness(two.serving, one.training)
    if any(like.alike for like in own):
        return False
    if all(_closer(new, min(own, key=lambda o: o.distance)) for new in across):
        return True
    return one.training.kind == "number" and _partly(one, two)


def _partly(one: Two, two: Two) -> bool:
    """Whether the same share of the rows of both columns is drawn as the other one is."""
    shares = []
    for own, other in ((one, two), (two, one)):
        before, after = own.training.ordered, own.serving.ordered
        share, left, start = mixture(before, after, other.training.ordered)
        if left > max(min(noise_of(len(before), len(after)), start / 2), CLOSER * start):
            return False
        shares.append(share)
    return min(shares) > SOME and abs(shares[0] - shares[1]) <= AGREE * max(shares)


def swapped_within(
    one: Two, two: Two, broken: Sequence[Broken], coders: Mapping[str, Coder]
) -> bool:
    """Whether a swap mends what came apart, where both columns are distributed alike."""
    if one.training.kind != two.training.kind or one.name not in coders or two.name not in coders:
        return False
    if not likeness(one.training, two.training).alike:
        return False
    sides = {one.name: two.serving, two.name: one.serving}
    asked = mended = 0
    whose: set[str] = set()
    for b in broken:
        a, c = b.relation.one, b.relation.two
        if {a.column, c.column} == {one.name, two.name} or not sides.keys() & {a.column, c.column}:
            continue
        codes = [
            coder.codes(sides[coder.column]) if coder.column in sides else None for coder in (a, c)
        ]
        partner = b.serving
        x, y = (code if code is not None else own for code, own in zip(codes, partner, strict=True))
        rho = correlation(b.relation, b.relation.table(x, y))
        asked += 1
        whose |= sides.keys() & {a.column, c.column}
        mended += abs(rho - b.training) <= RESTORED * abs((b.finding.observed or 0.0) - b.training)
    return len(whose) == 2 and mended >= MENDED * asked


def _closer(new: Likeness, old: Likeness) -> bool:
    return new.alike or new.distance <= CLOSER * old.distance
