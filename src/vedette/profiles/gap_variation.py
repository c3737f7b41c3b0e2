"""How far the gaps between groups lie apart in ordinary windows.

Owns: nothing yet.
"""

from collections.abc import Mapping, Sequence

from vedette.core.windows import Window
from vedette.profiles.groups import Grouping
from vedette.profiles.loss_variation import LossVariation
from vedette.sketches.cube import Cube


def fit_gaps(
    grouping: Grouping, windows: Sequence[tuple[Window, Mapping[str, Cube]]], width: int
) -> LossVariation | None:
    """Know nothing."""
    return None
