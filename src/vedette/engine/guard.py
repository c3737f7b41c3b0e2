"""Going on where one piece of work failed in a way that nobody foresaw.

Owns: the engine's one broad `except`, counting and logging what it caught.  Does not own: what is
foreseen: the four errors are raised and handled by name.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from vedette.core.errors import UsageError, VedetteError

T = TypeVar("T")
LOG = logging.getLogger("vedette")


class Guard:
    """Counts faults by place.  Shapes: `faults` {place: how often}."""

    def __init__(self) -> None:
        self.faults: dict[str, int] = {}

    def run(
        self,
        place: str,
        work: Callable[[], T],
        otherwise: T,
        passes: type[VedetteError] | tuple[()] = UsageError,
    ) -> T:
        """Do some work; what else is given where it fails.

        Errors: those that `passes` names; by default somebody asked for what cannot be done, and is
        to be told; () for none.
        """
        try:
            return work()
        except passes:
            raise
        except Exception as error:  # noqa: BLE001 - one record, model or write must not end the watch
            self.fault(place, error)
            return otherwise

    def count(self, place: str) -> None:
        """Count one that was foreseen, and is put into words where it happened."""
        self.faults[place] = self.faults.get(place, 0) + 1

    def fault(self, place: str, error: Exception) -> None:
        """Count and log one."""
        self.count(place)
        LOG.error("vedette %s: %s: %s", place, type(error).__name__, error, exc_info=error)
