"""Query parameters: filters and pages.

Owns: reading `start`, `end`, `column`, `segment`, `axis`, `limit`, `cursor` and the rest.  Does not
own: which route takes which (`web.routes`).
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from vedette.core.errors import nearest
from vedette.ingest.moments import moment
from vedette.stores.store import Entry, StateStore
from vedette.web.answers import Problem

LIMIT, MOST = 100, 1_000
SCANNED = 20_000  # entries looked at for one page; a filter that finds few ends there
T = TypeVar("T")


class Query(NamedTuple):
    """The filters of one request.  Units: `start` and `end` in UTC nanoseconds."""

    start: int | None
    end: int | None
    limit: int
    cursor: tuple[int, str] | None
    words: Mapping[str, str]

    def word(self, name: str) -> str | None:
        """A filter as text; None when it is not given."""
        return self.words.get(name)

    def instant(self, name: str) -> int | None:
        """A filter as UTC nanoseconds; None when it is not given.  Errors: Problem, 400."""
        return _instant(self.words.get(name), name)

    def choice(self, name: str, known: Iterable[str]) -> str | None:
        """A filter that is one of some words; None when it is not given.

        Errors: Problem, 400, for another word.
        """
        value, names = self.words.get(name), tuple(known)
        if value is None or value in names:
            return value
        hint = nearest(value, names) or f"there are: {', '.join(names)}"
        raise Problem(400, "wrong_query", f"There is no {name} {value[:40]!r}; {hint}", name)


def read_query(given: Iterable[tuple[str, str]], known: Iterable[str]) -> Query:
    """Read the parameters of a request.

    Errors: Problem, 400, for one that the route does not take, or that cannot be read.
    Example:
        >>> read_query([("limit", "5"), ("column", "amount")], ["limit", "column"]).word("column")
        'amount'
    """
    names = tuple(known)
    words: dict[str, str] = {}
    for name, value in given:
        if name not in names:
            hint = nearest(name, names) or f"there are: {', '.join(names) or 'none'}"
            raise Problem(
                400, "wrong_query", f"There is no parameter {name[:40]!r}; {hint}", name[:40]
            )
        words[name] = value
    limit = words.pop("limit", str(LIMIT))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST):
        raise Problem(400, "wrong_query", f"limit is a number from 1 to {MOST}.", "limit")
    start, end = (_instant(words.pop(name, None), name) for name in ("start", "end"))
    return Query(start, end, int(limit), _cursor(words.pop("cursor", None)), words)


def page(
    store: StateStore,
    kind: str,
    model: str | None,
    query: Query,
    read: Callable[[Entry], T | None],
    prefix: str = "",
) -> tuple[list[T], str | None]:
    """A page of entries, the newest first, and the cursor of the next; None at the end.

    `read` gives None for an entry that the filters leave out.
    """
    found: list[T] = []
    at, end, step = query.cursor, query.end, 4 * query.limit
    scanned = 0
    while True:
        if at is not None:
            end = at[0] + 1 if end is None else min(end, at[0] + 1)
        entries = store.read(
            kind, model, query.start, end, newest_first=True, limit=step, prefix=prefix
        )
        fresh = [e for e in entries if at is None or (e.time, e.key) < at]
        for entry in fresh:
            at = (entry.time, entry.key)
            scanned += 1
            value = read(entry)
            if value is not None:
                found.append(value)
                if len(found) == query.limit:
                    return found, spelt(at)
        if len(entries) < step:
            return found, None
        if scanned >= SCANNED and at is not None:
            return found, spelt(at)
        if not fresh:
            step *= 2  # as many share one instant


def _instant(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        value = moment(float(text)) if text.replace(".", "", 1).isdigit() else moment(text)
        exact = int(text) if text.isdigit() and len(text) >= 18 else value
    except (ValueError, OverflowError):
        raise Problem(400, "wrong_query", f"{name} is no instant.", name) from None
    if not -(2**63) <= exact < 2**63:
        raise Problem(400, "wrong_query", f"{name} is out of range.", name)
    return exact


def spelt(at: tuple[int, str]) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(f"{at[0]}:{at[1]}".encode()).decode().rstrip("=")


def _cursor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        time, _, key = plain.partition(":")
        at = int(time)
    except ValueError:  # also UnicodeDecodeError and binascii.Error
        raise Problem(400, "wrong_query", "cursor is not one of ours.", "cursor") from None
    return (min(max(at, -(2**63)), 2**63 - 2), key)
