"""A feature that is not the same online and offline, and what that does to predictions.

Owns: the record.  Does not own: finding it (`made`), its words (`words`).
"""

from dataclasses import dataclass

from vedette.engine.skew.causes.candidate import Cause as Why
from vedette.engine.skew.predictions.tally import Share
from vedette.stats import shapley


@dataclass(frozen=True)
class Cause:
    """One feature that is not the same offline.

    Shapes: `mismatch` how often it differs; `share` of the disagreement that it explains, None
    where there is no disagreement to share out, with `luck` the standard error that random orders
    alone bring; `why` what was done to it, as far as can be guessed.
    """

    feature: str
    mismatch: Share
    share: shapley.Share | None = None
    luck: float = 0.0
    why: tuple[Why, ...] = ()
