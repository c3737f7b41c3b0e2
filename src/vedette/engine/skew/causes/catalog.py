"""Every cause that is looked for.

Owns: the table.  A cause is added by one module and one row here; `docs/skew.md` has a line of it.
"""

from collections.abc import Callable, Iterable
from types import MappingProxyType

from vedette.engine.skew.causes import (
    affine,
    fill,
    inverted,
    lag,
    logarithm,
    missing,
    offset,
    parse,
    recode,
    rounding,
    scaler,
    sign,
    spelling,
    swapped,
    truncation,
    unit,
    zone,
)
from vedette.engine.skew.causes.candidate import Candidate
from vedette.engine.skew.causes.pairs import Mask, Pairs

Propose = Callable[[Pairs, Mask], Iterable[Candidate]]

CATALOG: MappingProxyType[str, Propose] = MappingProxyType(
    {
        "missing": missing.propose,
        "fill": fill.propose,
        "unit": unit.propose,
        "sign": sign.propose,
        "offset": offset.propose,
        "zone": zone.propose,
        "affine": affine.propose,
        "scaler": scaler.propose,
        "log": logarithm.propose,
        "rounding": rounding.propose,
        "truncation": truncation.propose,
        "parse": parse.propose,
        "inverted": inverted.propose,
        "spelling": spelling.propose,
        "swapped": swapped.propose,
        "lag": lag.propose,
        "recode": recode.propose,
    }
)
