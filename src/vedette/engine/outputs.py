"""What a step hands out, for the runner to keep or to act upon.

Owns: the values.  Does not own: making them (`engine.step`), keeping them (`engine.keeper`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.core.windows import Window
from vedette.engine.rare_event import RareEvent
from vedette.engine.standings import Standing
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Course, Stream
from vedette.profiles.profile import Profile

JOIN, APPRAISAL, CAUSES = "labels", "appraisal", "causes"  # what is wanted
TRAINING, SCHEMA = "training", "schema"  # given without being wanted: what is beside a baseline
PAIR, GUESS, SEPARATION = "pairs", "guesses", "separation"
METERING = "metering"


@dataclass(frozen=True, eq=False)
class Closed:
    """A window ended: its profile."""

    clock: str
    window: Window
    profile: Profile


@dataclass(frozen=True, eq=False)
class Late:
    """Rows for windows that had ended: to be added to the profiles kept of them."""

    clocks: tuple[str, ...]
    window: Window  # of the base clock
    profile: Profile


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels came for a window of the drift clock: what they change of its performance.

    `older` says that its predictions were graded under another baseline than its labels now are.
    """

    window: Window
    profile: Profile
    older: bool = False


@dataclass(frozen=True, eq=False)
class Sampled:
    """Ids of pairs of a window that disagree, by column; under "" some whatever they say."""

    window: Window
    ids: Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Rarest:
    """The rarest events of a drift window so far; with `adds`, more of one that had ended."""

    window: Window
    events: tuple[RareEvent, ...]
    adds: bool = False


@dataclass(frozen=True, eq=False)
class Looked:
    """What all monitors of a clock saw in a window.  Shapes: one entry per stream."""

    clock: str
    window: Window
    streams: tuple[Stream, ...]
    weights: NDArray[np.float64]
    evidence: NDArray[np.float64]
    effect: NDArray[np.float64]
    total: float
    threshold: float
    rows: int


@dataclass(frozen=True, eq=False)
class Charted:
    """What series of numbers were in a window, to be shown."""

    clock: str
    window: Window
    course: Course


@dataclass(frozen=True, eq=False)
class Promised:
    """How objectives stood after a window."""

    clock: str
    window: Window
    standing: Standing


@dataclass(frozen=True, eq=False)
class Told:
    """A finding in words."""

    finding: Finding


@dataclass(frozen=True, eq=False)
class Changed:
    """An incident was opened, or moved."""

    incident: Incident
    event: str


@dataclass(frozen=True, eq=False)
class Marked:
    """Something for the time line: a deploy, a remark, a new baseline."""

    id: str
    time: int
    body: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Wanted:
    """An answer is wanted from the log: a baseline, labels or causes.  `start` and `end` of event
    time count for baselines.

    `what` is METERING: a baseline without columns, under which metrics alone are watched; "first
    guess", "baseline", or "variation": the same bins, learning from the profiles
    of windows that lie in no incident; APPRAISAL: the same bins, learning from the labels of that
    stretch how good the predictions were.  JOIN asks for the events of the labels that came, PAIR
    for those of the twins, CAUSES for those of the incident that `about` names, GUESS for why twins
    disagree there, SEPARATION for whether its rows can be told from the reference's.
    """

    what: str
    start: int
    end: int
    about: str = ""


Output = (
    Closed
    | Late
    | Labelled
    | Sampled
    | Rarest
    | Looked
    | Charted
    | Promised
    | Told
    | Changed
    | Marked
    | Wanted
)
