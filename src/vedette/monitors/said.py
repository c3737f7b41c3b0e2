"""What a monitor says about one tested component.

Owns: the record between statistics and finding.  Does not own: verdicts.
"""

from collections.abc import Mapping
from typing import NamedTuple

from vedette.stats.two_sample import Component

Beside = Mapping[str, Component]  # the other components of the same pair, by name


class Said(NamedTuple):
    """One component in words and in the user's units.

    Shapes: `statement` is a clause without a full stop; `magnitude` is comparable over components
    (see `Finding`).
    """

    statement: str
    unit: str
    magnitude: float
    observed: float | None = None
    expected: float | None = None
    category: str | None = None
    name: str = ""  # a more exact name of the component than the tested one ("above" for "range")
