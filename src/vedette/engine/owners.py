"""Which incident a stream belongs to, under a baseline that takes over.

Owns: handing the streams of open incidents on to those of a new plan.  Does not own: plans
(`engine.plan`), evidence, which begins anew (`engine.learning`), the same baseline under other
settings (`engine.terms`).

An incident is over once its streams have been quiet for some windows.  One that was open under the
baseline before is no other: its streams are watched for it, or nothing would ever end it.
"""

from dataclasses import replace

import numpy as np

from vedette.alerts.alarms import Alarms
from vedette.engine.model import Watch
from vedette.engine.plan import Rung


def handed_on(old: Rung, before: Watch, new: Rung, begun: Watch) -> Watch:
    """A clock under a new plan, its streams belonging to the incidents that they belonged to.

    Windows that are looked at once more tell nothing of an end: quiet ones count from where the
    clock was.  Where it is not set back, those that were quiet so far stay counted.
    """
    kept = {
        stream[:3]: at for at, stream in enumerate(old.streams) if before.owners[at]
    }  # by monitor, column, segment
    again = (before.closed - begun.closed) // new.width if new.width else 0
    owners, frozen = list(begun.owners), begun.alarms.frozen.copy()
    calm = begun.alarms.calm.copy()
    for at, stream in enumerate(new.streams):
        place = kept.get(stream[:3], -1)
        if place >= 0:
            owners[at], frozen[at] = before.owners[place], True
            calm[at] = -again if again > 0 else before.alarms.calm[place]
    if not frozen.any():
        return begun
    return replace(begun, owners=tuple(owners), alarms=Alarms(frozen, calm.astype(np.int64)))
