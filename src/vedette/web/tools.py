"""What the composition root lends to the pages: work that the web layer may not put together.

Owns: the back-tests, the sending of test messages and the looks at servers of models, as far as
this server has them, and what came of the last test of each channel.  Does not own: stores,
channels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vedette.engine.trials import Trials
from vedette.web.answers import Problem


class Tested(NamedTuple):
    """What came of a test message.  Units: `at` in UTC nanoseconds."""

    at: int
    ok: bool
    detail: str


Test = Callable[[str], tuple[bool, str]]
Scrapes = Callable[[], list[dict[str, Any]]]


@dataclass(eq=False)
class Tools:
    """The tools of one server; without them it says that this cannot be done."""

    trials: Trials | None = None
    test: Test | None = None
    scrapes: Scrapes | None = None
    flags: str = ""  # with which a command finds this server's data and settings
    tested: dict[str, Tested] = field(default_factory=dict)
    imports: Callable[[], list[dict[str, Any]]] = list  # how every import fares

    def backtests(self) -> Trials:
        """The back-tests.  Errors: Problem."""
        if self.trials is None:
            raise Problem(501, "not_here", "This server runs no back-tests.")
        return self.trials

    def try_channel(self, name: str, now: int) -> Tested:
        """Send a test message over a channel.  Errors: Problem."""
        if self.test is None:
            raise Problem(501, "not_here", "This server sends no messages.")
        ok, detail = self.test(name)
        self.tested[name] = Tested(now, ok, detail)
        return self.tested[name]
