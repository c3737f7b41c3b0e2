"""Every sketch, as one table to scan.

Owns: the list.  Does not own: the sketches.  Adding one is a module beside this file, a row here,
and rows to feed it with in `tests/strategies.py`: the laws of `sketch` are then checked.
"""

from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.cube import Cube
from vedette.sketches.distinct import Distinct
from vedette.sketches.graded import Graded
from vedette.sketches.joint import Joint
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.losses import Losses
from vedette.sketches.measured import Measured
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers
from vedette.sketches.pairwise import Pairwise
from vedette.sketches.readings import Readings
from vedette.sketches.sketch import Sketch
from vedette.sketches.twins import Twins

SKETCHES: tuple[type[Sketch], ...] = (
    Bins,  # how many values fall between fixed edges
    Counts,  # how often each named category occurs
    Cube,  # rows by group, decision, label and score
    Distinct,  # how many different values there are
    Graded,  # predictions beside what became of them
    Joint,  # how often two coded columns take each pair of values
    LogLinear,  # how large positive values are
    Losses,  # loss by the codes of a column
    Measured,  # numbers by group
    Moments,  # sums and extremes, for showing
    Newcomers,  # categories that the reference never showed
    Pairwise,  # how columns go together
    Readings,  # readings of a metric that was logged
    Twins,  # values of serving beside those reckoned offline
)
