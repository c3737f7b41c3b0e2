"""The batch product: fit a baseline, profile a table, compare two.

Owns: how sources, derivations, profiles and monitors are put together, and on how many threads.
Does not own: any of them.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec
import pyarrow as pa

from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.schema import ORDERED_KINDS, Schema
from vedette.derive.catalog import derive, derived_fields, extend
from vedette.engine.settings import Settings
from vedette.ingest.prefetch import prefetch
from vedette.ingest.source import Source
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import Each, build
from vedette.profiles.fit import SAMPLE, fit
from vedette.profiles.infer import infer, not_compared
from vedette.profiles.profile import Profile

Progress = Callable[[str, int, int | None], None]  # what, rows done, rows in all if known


def nothing(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


def fit_baseline(
    source: Source,
    settings: Settings,
    schema: Schema | None = None,
    *,
    workers: int | None = None,
    progress: Progress = nothing,
) -> Baseline:
    """Fit a baseline on a source.

    Errors: UsageError for a role, segment or schema field that names no column.
    """
    sample = source.sample(SAMPLE)
    declared = resolve_schema(sample, settings, schema, source.name)
    segments = _segments(declared, settings)
    full = extend(declared)
    excluded = not_compared(full)
    reader = Reader(source, declared, progress)
    derived = pa.Table.from_batches(
        [derive(batch, declared) for batch in sample.to_batches()] or [],
        schema=None if sample.num_rows else derive(_empty(sample), declared).schema,
    )
    with threads(workers) as each:
        return fit(derived, reader.batches, full, segments, excluded=excluded, each=each)


def profile_source(
    source: Source,
    baseline: Baseline,
    *,
    workers: int | None = None,
    progress: Progress = nothing,
) -> Profile:
    """Profile every row of a source under a baseline."""
    raw = raw_schema(baseline.schema)
    reader = Reader(source, raw, progress)
    wanted = [*baseline.columns, *baseline.segments, *(f.name for f in raw.with_role("time"))]
    with threads(workers) as each:
        return build(reader.batches(list(dict.fromkeys(wanted))), baseline, each=each)


@dataclass(frozen=True)
class Reader:
    """Batches of a source with the derived columns that were asked for."""

    source: Source
    schema: Schema  # without derived fields
    progress: Progress

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of some columns, derived ones computed, read one batch ahead."""
        arriving = set(self.source.arrow_schema.names)
        parents = {
            new.name: parent
            for parent, added in derived_fields(self.schema).items()
            for new in added
        }
        raw = list(dict.fromkeys(parents.get(name, name) for name in columns))
        raw = [name for name in raw if name in arriving]
        needed = self.schema.select(parents[name] for name in columns if name in parents)
        done = 0
        for batch in prefetch(self.source.batches(raw or sorted(arriving)[:1]), ahead=2):
            yield derive(batch, needed) if needed.fields else batch
            done += batch.num_rows
            self.progress(self.source.name, done, self.source.rows)


def raw_schema(schema: Schema) -> Schema:
    """The schema before derived fields were added."""
    added = {new.name for fields in derived_fields(schema).values() for new in fields}
    return Schema(tuple(field for field in schema.fields if field.name not in added))


def resolve_schema(
    sample: pa.Table, settings: Settings, schema: Schema | None, where: str
) -> Schema:
    """Infer a schema and lay what was declared over it: schema, then wildcards, then named
    roles."""
    guessed = infer(sample)
    names = guessed.names
    declared = {} if schema is None else {field.name: field for field in schema.fields}
    for name in [*declared, *settings.roles, *settings.segments]:
        if name not in names:
            raise UsageError(
                f"table {where!r}",
                f"there is no column {name!r}",
                hint=nearest(name, names) or f"columns are {', '.join(names[:20])}",
            )
    taken = {f.role for f in declared.values()} | set(settings.roles.values())
    fields = []
    for field in guessed.fields:
        given = declared.get(field.name)
        role = settings.roles.get(field.name)
        if given is None and field.role in taken and field.role != "feature":
            field = msgspec.structs.replace(field, role="attribute")
        field = given or field
        chosen = settings.of(field.name)
        changes = {k: getattr(chosen, k) for k in ("kind", "role", "unit") if getattr(chosen, k)}
        if role:
            changes["role"] = role
        if field.name in settings.segments and field.kind in (*ORDERED_KINDS, "id"):
            changes.setdefault("kind", "category")
        if "role" in changes and given is None and field.kind in ("id", "time"):
            changes.setdefault("kind", _kind_of_role(field.kind, changes["role"]))
        fields.append(msgspec.structs.replace(field, **changes))
    _check_methods(fields, settings)
    return Schema(tuple(fields))


def _kind_of_role(kind: str, role: str) -> str:
    return kind if role in ("id", "time", "attribute", "ignore", "caller") else "category"


def _check_methods(fields: Iterable[Any], settings: Settings) -> None:
    for pattern in settings.columns:
        if not any(_applies(pattern, field.name) for field in fields):
            raise SettingsError(
                "columns",
                f"{pattern!r} matches no column",
                hint=nearest(pattern, [field.name for field in fields]),
            )


def _applies(pattern: str, name: str) -> bool:
    """Whether a wildcard can apply to a column or to what is derived from it."""
    return fnmatchcase(name, pattern) or pattern.startswith(f"{name}.") or "*" in pattern


def _segments(schema: Schema, settings: Settings) -> tuple[str, ...]:
    declared = [field.name for field in schema.with_role("segment")]
    return tuple(dict.fromkeys([*settings.segments, *declared]))


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=table.schema)


@contextmanager
def threads(workers: int | None) -> Iterator[Each]:
    """A concurrent `map` over the processors this process may use; the plain one for a single
    worker."""
    count = workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0, 0])
    if count <= 1:
        yield map
        return
    with ThreadPoolExecutor(count, thread_name_prefix="vedette") as pool:
        yield pool.map
