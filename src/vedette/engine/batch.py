"""The batch product: fit a baseline, profile a table, compare two.

Owns: how sources, derivations, profiles and monitors are put together, and on how many threads.
Does not own: any of them.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import msgspec
import pyarrow as pa

from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.schema import ORDERED_KINDS, Schema
from vedette.derive.catalog import derived_fields, extend, learn
from vedette.derive.deriver import Deriver
from vedette.engine.kept_rows import KeptRows
from vedette.engine.settings import Settings
from vedette.ingest.source import Source
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import build
from vedette.profiles.dependence_fit import candidates
from vedette.profiles.fit import SAMPLE, Each, fit
from vedette.profiles.infer import infer, not_compared
from vedette.profiles.profile import Profile, beside

SMALL = 50_000  # rows below which starting threads costs more than it saves

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
    kept: KeptRows | None = None,
) -> Baseline:
    """Fit a baseline on a source; rows that pass are `kept`.

    Errors: UsageError for a role, segment or schema field that names no column.
    """
    sample = source.sample(SAMPLE)
    declared = resolve_schema(sample, settings, schema, source.name)
    full = extend(declared)
    deriver = Deriver(declared, learn(sample, declared))
    reader = Reader(source, deriver)
    derived = pa.Table.from_batches(
        [deriver.apply(batch) for batch in sample.to_batches()] or [],
        schema=None if sample.num_rows else deriver.apply(_empty(sample)).schema,
    )
    count = worker_count(source, workers)

    def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        passing = reader.batches(columns, progress)
        return passing if kept is None else kept.passing(passing, columns)

    if kept is not None:
        kept.wanted = candidates(full)
    with threads(count) as each:
        fitted = fit(
            derived,
            batches,
            full,
            _segments(declared, settings),
            excluded=not_compared(full, undeclared(full, settings, schema)),
            groups=lambda names: split_columns(names, full, count),
            each=each,
        )
    return replace(fitted, directions=deriver.learnt)


def profile_source(
    source: Source,
    baseline: Baseline,
    *,
    workers: int | None = None,
    progress: Progress = nothing,
    kept: KeptRows | None = None,
) -> Profile:
    """Profile every row of a source under a baseline; rows that pass are `kept`."""
    reader = Reader(source, deriving(baseline))
    times = [field.name for field in raw_schema(baseline.schema).with_role("time")]
    count = worker_count(source, workers)
    groups = split_columns(baseline.columns, baseline.schema, count)

    def part(group: Sequence[str]) -> Profile:
        first = group is groups[0]
        wanted = [*group, *baseline.segments, *(times if first else ())]
        rows = reader.batches(list(dict.fromkeys(wanted)), progress if first else nothing)
        return build(rows if kept is None else kept.passing(rows, group), baseline, group)

    with threads(count) as each:
        return beside(list(each(part, groups)), baseline.columns)


@dataclass(frozen=True)
class Reader:
    """Batches of a source with the derived columns that were asked for."""

    source: Source
    deriver: Deriver

    def batches(
        self, columns: Sequence[str], progress: Progress = nothing
    ) -> Iterator[pa.RecordBatch]:
        """The rows of some columns, derived ones computed."""
        arriving = set(self.source.arrow_schema.names)
        parents = parents_of(self.deriver.schema)
        raw = list(dict.fromkeys(parents.get(name, name) for name in columns))
        raw = [name for name in raw if name in arriving]
        needed = self.deriver.only(parents[name] for name in columns if name in parents)
        done = 0
        for batch in self.source.batches(raw or sorted(arriving)[:1]):
            yield needed.apply(batch)
            done += batch.num_rows
            progress(self.source.name, done, self.source.rows)


def split_columns(names: Sequence[str], schema: Schema, count: int) -> list[list[str]]:
    """Share columns out among workers: what is derived from one column, and what is counted
    together, stays together; numbers and categories are dealt evenly.

    Shapes: at most `count` lists, at least one, none empty unless there is no column at all.
    """
    parents = parents_of(schema)
    families: dict[str, list[str]] = {}
    for name in names:
        field = schema[name]
        paired = field.role in ("label", "score", "prediction")
        families.setdefault("" if paired else parents.get(name, name), []).append(name)
    order = sorted(families.values(), key=lambda family: (-len(family), schema[family[0]].kind))
    groups: list[list[str]] = [[] for _ in range(max(min(count, len(order)), 1))]
    for family in order:
        min(groups, key=len).extend(family)
    return groups


def raw_schema(schema: Schema) -> Schema:
    """The schema before derived fields were added."""
    added = {new.name for fields in derived_fields(schema).values() for new in fields}
    return Schema(tuple(field for field in schema.fields if field.name not in added))


def parents_of(schema: Schema) -> dict[str, str]:
    """The column that each derived column comes from."""
    added = derived_fields(raw_schema(schema))
    return {new.name: name for name, fields in added.items() for new in fields}


def deriving(baseline: Baseline) -> Deriver:
    """What adds the derived columns of a baseline to rows."""
    raw = raw_schema(baseline.schema)
    return Deriver(raw.select(derived_fields(raw)), baseline.directions)


def derived_batches(source: Source, baseline: Baseline) -> Iterator[pa.RecordBatch]:
    """All rows and columns of a source, with the derived columns of a baseline."""
    deriver = deriving(baseline)
    for batch in source.batches(source.arrow_schema.names):
        yield deriver.apply(batch)


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
        elif given is None and changes.get("kind", field.kind) not in ("id", "time", field.kind):
            changes.setdefault(
                "role", "feature"
            )  # guessed an id or a time, declared something else
        if field.name in settings.segments and field.kind in (*ORDERED_KINDS, "id"):
            changes.setdefault("kind", "category")
        if "role" in changes and given is None and field.kind in ("id", "time"):
            changes.setdefault("kind", _kind_of_role(field.kind, changes["role"]))
        fields.append(msgspec.structs.replace(field, **changes))
    resolved = Schema(tuple(fields))
    _check_patterns(extend(resolved).names, settings)
    return resolved


def undeclared(full: Schema, settings: Settings, schema: Schema | None) -> set[str]:
    """The columns of which neither kind nor role was declared anywhere."""
    declared = {*settings.roles, *(() if schema is None else schema.names)}
    return {
        name
        for name in full.names
        if name not in declared and not settings.of(name).kind and not settings.of(name).role
    }


def check_fitted(baseline: Baseline, settings: Settings, schema: Schema | None) -> None:
    """Refuse what a baseline would have to be fitted again for, rather than leave it out silently.

    Errors: UsageError for a segment, role or kind other than those that it was fitted with.
    """
    fitted = raw_schema(baseline.schema)
    wanted: dict[tuple[str, str], str | None] = {}
    for field in () if schema is None else schema.fields:
        wanted |= {(field.name, "kind"): field.kind, (field.name, "role"): field.role}
    for name in fitted.names:
        chosen = settings.of(name)
        given = {"kind": chosen.kind, "role": chosen.role}
        wanted |= {(name, what): value for what, value in given.items() if value}
    wanted |= {(column, "role"): role for column, role in settings.roles.items()}
    wanted |= {(name, "kind"): None for name in baseline.segments}  # fitting chose it
    hint = "the reference must be profiled again with it"
    for (column, what), value in wanted.items():
        where = f"baseline, column {column!r}"
        if column not in fitted:
            raise UsageError(where, "there is no such column", hint=nearest(column, fitted.names))
        if value not in (None, getattr(fitted[column], what)):
            has = getattr(fitted[column], what)
            raise UsageError(where, f"has another {what}", got=has, want=str(value), hint=hint)
    for name in settings.segments:
        if name not in baseline.segments:
            raise UsageError("baseline", f"was fitted without the segment {name!r}", hint=hint)


def _kind_of_role(kind: str, role: str) -> str:
    return kind if role in ("id", "time", "attribute", "ignore", "caller") else "category"


def _check_patterns(names: Iterable[str], settings: Settings) -> None:
    """Every wildcard must match a column, or what is derived from one."""
    for pattern in settings.columns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise SettingsError(
                "columns", f"{pattern!r} matches no column", hint=nearest(pattern, names)
            )


def _segments(schema: Schema, settings: Settings) -> tuple[str, ...]:
    declared = [field.name for field in schema.with_role("segment")]
    return tuple(dict.fromkeys([*settings.segments, *declared]))


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=table.schema)


def worker_count(source: Source, workers: int | None) -> int:
    """How many threads to use: one per processor that this process may use, one for few rows.

    Errors: UsageError for `workers` that is no positive whole number.
    """
    if workers is not None:
        if type(workers) is not int or workers < 1:
            raise UsageError(
                "workers",
                "is no number of threads",
                got=repr(workers),
                want="a whole number from 1, or None",
            )
        return workers
    if source.rows is not None and source.rows < SMALL:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads(count: int) -> Iterator[Each]:
    """A concurrent `map`; the plain one for a single worker."""
    if count <= 1:
        yield map
        return
    with ThreadPoolExecutor(count, thread_name_prefix="vedette") as pool:
        yield pool.map
