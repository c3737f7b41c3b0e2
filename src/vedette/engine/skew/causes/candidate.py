"""What a cause proposes, and what is named in the end.

Owns: the Candidate (a guess that can be tried on any pairs) and the Cause (one that held).  Does
not own: judging (`guess`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from vedette.engine.skew.causes.pairs import Mask, Pairs

# How much a guess assumes; the simpler one wins where two explain as much.
PAIRED, PLAIN, KNOWN, FREE, LINE, TABLE = 0.3, 1.0, 1.4, 2.0, 4.0, 6.0
NAMES = 1.5  # some values of many, and no others, have one other name


@dataclass(frozen=True, eq=False)
class Candidate:
    """A guess, fitted on some pairs.

    `explains` says of any pairs, in any order, which the guess accounts for.  `transformation`
    completes "serving value = ..." (or another `verb`); `cost` is how much the guess assumes;
    `least` the share of the pairs that are left which it must explain; `chance` its own estimate
    of what it would explain if it were wrong, where mixing the rows says nothing; `apart` the share
    that the runner-up of the same guess explains; `varied` how many different online values it must
    explain.
    """

    name: str
    transformation: str
    explains: Callable[[Pairs], Mask]
    cost: float
    least: float = 0.05
    chance: float | None = None
    apart: float = 0.0
    varied: int = 1
    verb: str = "="


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why values differ, as far as the pairs can tell.

    Units: `share` of all differing pairs, with `low` and `high` (95 %), as counted on the half on
    which it was not fitted.  `confidence` is "sure", or "either" where other causes in
    `alternatives` say the same of these rows.  `segment` ("carrier = UA") is where it happens, ""
    where no single column tells.
    """

    name: str
    share: float
    low: float
    high: float
    transformation: str
    words: str
    confidence: str = "sure"
    alternatives: tuple[str, ...] = ()
    segment: str = ""
    pairs: int = 0
