"""A table with the columns of members beside its own, read like any other.

Owns: which columns come from where.  Does not own: finding members (`engine.members`), the table.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from vedette.engine.members import Members, check, joined, match
from vedette.ingest.source import Source


class JoinedSource:
    """A `Source` with the columns of members beside its own, so that whatever reads tables can read
    groups that are kept apart.

    `unmatched` rows of the last whole reading that asked for such a column had no member; None
    before the first.
    Errors: UsageError when the source lacks the key, or has one of the columns already.

    Example:
        >>> from vedette.engine.members import members_of
        >>> from vedette.ingest.source import open_source
        >>> members = members_of({"id": ["a", "b"], "sex": ["F", "M"]}, "id", ["sex"])
        >>> source = JoinedSource(open_source({"id": ["b", "c"], "x": [1, 2]}), members, "id")
        >>> [batch.to_pylist() for batch in source.batches(["sex", "x"])], source.unmatched
        ([[{'sex': 'M', 'x': 1}, {'sex': None, 'x': 2}]], 1)
    """

    def __init__(self, source: Source, members: Members, key: str) -> None:
        check(source.arrow_schema, members, key, source.name)
        self._source, self._members, self._key = source, members, key
        self.unmatched: int | None = None

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def arrow_schema(self) -> pa.Schema:
        added = [pa.field(name, column.type) for name, column in self._members.columns.items()]
        return pa.schema([*self._source.arrow_schema, *added])

    @property
    def rows(self) -> int | None:
        return self._source.rows

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Every row, in order; see `Source`."""
        wanted, own = self._split(columns)
        unmatched = 0
        for batch in self._source.batches(own):
            found = match(batch, self._members, self._key) if own != wanted else None
            unmatched += found.unmatched if found else 0
            yield found.rows.select(wanted) if found else batch
        if own != wanted:
            self.unmatched = unmatched

    def sample(self, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
        """About `rows` rows, spread; see `Source`."""
        wanted, own = self._split(columns)
        table = self._source.sample(rows, own)
        if own == wanted:
            return table
        parts = [joined(batch, self._members, self._key) for batch in table.to_batches()]
        schema = pa.schema([self.arrow_schema.field(name) for name in wanted])
        return pa.Table.from_batches([part.select(wanted).cast(schema) for part in parts], schema)

    def _split(self, columns: Sequence[str] | None) -> tuple[list[str], list[str]]:
        """What is asked for, and what the source must deliver for it."""
        wanted = list(self.arrow_schema.names if columns is None else columns)
        own = [name for name in wanted if name not in self._members.columns]
        if len(own) < len(wanted) and self._key not in own:
            own.append(self._key)
        return wanted, own
