"""One request as the handlers see it.

Owns: what a handler gets.  Does not own: HTTP (`web.app`), what handlers do.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from vedette.engine.live import LiveSettings
from vedette.engine.views import ModelView
from vedette.export.series.book import Book
from vedette.web.answers import Problem
from vedette.web.backing import Service
from vedette.web.keys import Key, KeyRing
from vedette.web.memo import Memo
from vedette.web.pulse import Pulse
from vedette.web.query import Query, read_query
from vedette.web.routes import Route
from vedette.web.tools import Tools

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A request that may be answered: the caller is known, and allowed to ask."""

    route: Route
    service: Service
    settings: LiveSettings
    ring: KeyRing
    pulse: Pulse
    memo: Memo
    book: Book
    caller: Key | None
    tools: Tools = field(default_factory=Tools)
    path: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    scope: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    now: Callable[[], int] = time.time_ns  # UTC nanoseconds

    @property
    def key(self) -> Key:
        """The caller, who is there by now."""
        assert self.caller is not None
        return self.caller

    def query(self) -> Query:
        """The filters.  Errors: Problem."""
        return read_query(self.pairs, self.route.query)

    def view(self) -> ModelView:
        """The model that the path names.  Errors: Problem, 404."""
        name = self.path["model"]
        view = self.service.model(name)
        if view is None:
            raise Problem(404, "no_model", f"No event came for a model {name[:128]!r}.", "model")
        return view

    def json(self, kind: type[T]) -> T:
        """The body as a value.  Errors: Problem, 400."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Problem(400, "wrong_body", str(error)) from None
