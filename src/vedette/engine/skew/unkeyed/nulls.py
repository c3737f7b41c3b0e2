"""Missing values of columns that the comparison leaves out: ids, times, attributes.

Owns: this share, on all rows.  Does not own: it for compared columns (`monitors.rate`).
"""

from vedette.core.words import percent
from vedette.engine.skew.unkeyed.glance import Glance
from vedette.engine.skew.unkeyed.trait import shared
from vedette.monitors.finding import Finding


def nulls(name: str, training: Glance, serving: Glance, eps: float) -> list[Finding]:
    """Test the share of missing values of a column."""
    x, k = serving.followed[name].missing, training.followed[name].missing
    n, m = serving.rows, training.rows
    if not n or not m or x + k == 0:
        return []
    reason = f"{percent(x / n)} of serving `{name}` is missing, {percent(k / m)} in training"
    return [shared("missing", name, (x, n), (k, m), eps, reason)]
