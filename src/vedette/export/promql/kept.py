"""The series of a state as the source of queries.

Owns: which models and names a selector can mean, bounding what is read.  Does not own: the series
(`export.series`), evaluating.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vedette.export.promql.parsed import Selector, fits, may_be
from vedette.export.promql.select import HELD, WINDOWS
from vedette.export.promql.values import QueryError, Samples
from vedette.export.series.book import Book, Bounds
from vedette.export.series.families import FAMILY_OF
from vedette.export.series.series import NAME, Labels, Series

MOST_SAMPLES = 10_000_000  # of one selector: 80 MB
MOST_SERIES = 20_000
MILLISECOND = 10**6  # in nanoseconds


@dataclass(frozen=True)
class Kept:
    """The series of some models, as far as `bounds` let them be told."""

    book: Book
    models: Collection[str]
    bounds: Bounds = Bounds()  # noqa: RUF009 - frozen

    def select(
        self, selector: Selector, start: int, end: int, held: int | None
    ) -> Sequence[Samples]:
        """The series that are meant.  Errors: QueryError for too many."""
        first = (start - (HELD if held is None else held)) * MILLISECOND
        before = WINDOWS if held is None else 0
        return [
            Samples(labels, one.times // MILLISECOND, one.values, one.every // MILLISECOND)
            for one, labels in self.meant(selector, first, end * MILLISECOND, before)
        ]

    def meant(
        self, selector: Selector, start: int, end: int, before: int = 0
    ) -> list[tuple[Series, Labels]]:
        """Series with their labels, the name among them.

        Units: UTC nanoseconds.  Errors: QueryError for too many.
        """
        models = [name for name in self.models if may_be(selector, "model", name)]
        names = {name for name in FAMILY_OF if may_be(selector, NAME, name)}
        if not names:
            return []
        bounds = self.bounds._replace(before=before)
        found: list[tuple[Series, Labels]] = []
        count = 0
        for one in self.book.series(start, end, names.__contains__, models, bounds):
            labels = tuple(sorted((*one.labels, (NAME, one.name))))
            if not fits(selector, dict(labels)):
                continue
            count += len(one.times)
            if count > MOST_SAMPLES or len(found) >= MOST_SERIES:
                raise QueryError(
                    "query processing would load too many samples into memory in query execution"
                )
            found.append((one, labels))
        return sorted(found, key=lambda pair: pair[1])
