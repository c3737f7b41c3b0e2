"""The stretch of time that a page shows, and the way to others.

Owns: links from a quarter down to an hour, to earlier and later.  Does not own: the stretch itself
(`web.history.span`).
"""

from typing import Any, NamedTuple

from vedette.core.durations import SECOND
from vedette.web import documents
from vedette.web.history.span import REACHES, Span
from vedette.web.pages.page import address


class Range(NamedTuple):
    """A stretch on a page.

    Shapes: `reaches` (name, address, whether it is this one); `query` what charts of the page add
    to their addresses, `zoom` where dragging over an axis of time leads.
    """

    start: str
    end: str
    step: str
    reaches: list[tuple[str, str, bool]]
    earlier: str
    later: str
    query: dict[str, Any]
    zoom: str


def range_of(path: str, span: Span, now: int, **kept: Any) -> Range:
    """A stretch, on the page at `path` with other parameters `kept`.

    Units: `now` in UTC nanoseconds: there is nothing later.
    """
    length = span.end - span.start

    def to(start: int, end: int) -> str:
        return address(path, start=_plain(start), end=_plain(end), **kept)

    after = -(-now // SECOND) * SECOND  # a whole second: it stands in addresses
    last = min(span.end, max(after, span.start + 1))
    reaches = [
        (name, to(last - reach, last), abs(length - reach) <= 2 * span.width)
        for name, reach in REACHES.items()
    ]
    return Range(
        documents.instant(span.start) or "",
        documents.instant(span.end) or "",
        span.step,
        reaches,
        to(span.start - length, span.start),
        to(span.end, span.end + length) if span.end <= now else "",
        {"start": _plain(span.start), "end": _plain(span.end)},
        address(path, **kept),
    )


def _plain(at: int) -> str:
    """An instant for an address: short, and to the nanosecond where it must be."""
    return documents.instant(at) or ""
