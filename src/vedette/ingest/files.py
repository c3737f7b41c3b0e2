"""Files, globs, folders and lists of files as one source.

Owns: finding files, telling formats by their names, making one table of several files.  Does not
own: the formats.

Files are not trusted: text is checked and repaired, broken files end in an error and never in wrong
rows.  Memory is bounded for every format but a single huge row group page, Arrow batch or JSON
record; time and temporary disk grow with the size of the file once decompressed, so limit the size
of what strangers may hand in before it comes here.
"""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from vedette.core.errors import SchemaError, UsageError, nearest
from vedette.ingest.columns import Column, Plan, spelled, unify
from vedette.ingest.scan import Head, ScanSource

ENDINGS = {
    ".parquet": "parquet", ".pq": "parquet",
    ".csv": "csv", ".csv.gz": "csv", ".csv.zip": "csv",
    ".tsv": "csv", ".tsv.gz": "csv", ".tsv.zip": "csv",
    ".jsonl": "json", ".ndjson": "json", ".json": "json",
    ".jsonl.gz": "json", ".ndjson.gz": "json", ".json.gz": "json",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".arrows": "arrow",
}  # fmt: skip


class File(Protocol):
    """One file of some format."""

    path: Path
    plan: Plan
    rows: int | None

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give every row of the named raw columns, in order; can be called again."""

    def heads(self) -> list[Head]:
        """The pieces whose first rows can be read alone; none when there are no such pieces."""


def open_files(data: str | Path | Sequence[str | Path], *, name: str | None = None) -> ScanSource:
    """Open a file, a glob, a folder (all files in it of a known format) or a list of these.

    A column that some of the files lack is missing there.  Errors: UsageError when nothing is found
    or a format is unknown; SchemaError when a column's types do not fit together; StoreError for a
    broken file.
    """
    given = [data] if isinstance(data, str | Path) else list(data)
    found = [(one, _found(one)) for one in given]
    paths = list(dict.fromkeys(chain.from_iterable(paths for _, paths in found)))
    name = name or _named(given, paths)
    files = [_open(path) for path in paths]
    joint = files[0].plan if len(files) == 1 else _joint(files, name)
    rows = [file.rows for file in files]
    total = None if None in rows else sum(count or 0 for count in rows)
    heads = [_fitted(file, head) for file in files for head in file.heads()]
    return ScanSource(name, joint, lambda names: _scan(files, names), total, heads)


def _scan(files: Sequence[File], names: list[str]) -> Iterator[pa.RecordBatch]:
    return chain.from_iterable(file.scan(_present(file, names)) for file in files)


def _fitted(file: File, head: Head) -> Head:
    return Head(head.rows, lambda names, reach: head.read(_present(file, names), reach))


def _present(file: File, names: list[str]) -> list[str]:
    """Those of the columns that a file has; else any one, which says how many rows there are."""
    return [name for name in names if name in file.plan.raw_names] or file.plan.raw_names[:1]


def _joint(files: Sequence[File], name: str) -> Plan:
    columns: dict[str, Column] = {}
    for file in files:
        if columns and not any(column.name in columns for column in file.plan.columns):
            raise SchemaError(
                f"file '{file.path}'",
                f"has no column in common with '{files[0].path}'",
                hint="are these files one table?",
            )
        for column in file.plan.columns:
            known = columns.setdefault(column.name, column)
            kind = unify(known.type, column.type)
            if kind is None or column.member != known.member:
                raise SchemaError(
                    f"file '{file.path}' column {column.name!r}",
                    "its type does not fit the files before it",
                    got=spelled(column.type),
                    want=spelled(known.type),
                )
            columns[column.name] = replace(known, type=kind)
    return Plan(f"table {name!r}", tuple(columns.values()))


def _found(given: str | Path) -> list[Path]:
    """The files that one path, glob or folder stands for, in order of name."""
    text = str(given)
    if not text:
        raise UsageError("path ''", "is empty", want="a file, a glob or a folder")
    if "://" in text:
        raise UsageError(
            f"path {text!r}", "only files of this machine are read", hint="download it first"
        )
    path = Path(text).expanduser()
    if path.is_dir():
        found = [one for one in sorted(path.rglob("*")) if one.is_file() and _is_data(one, path)]
        if not found:
            raise UsageError(f"folder '{path}'", "holds no file of a known format", want=_endings())
        return found
    if path.exists():
        return [path]
    if glob.has_magic(text):
        found = [Path(one) for one in sorted(glob.iglob(str(path), recursive=True))]  # noqa: PTH207 - absolute patterns too
        found = [one for one in found if one.is_file()]
        if found:
            return found
        raise UsageError(f"glob {text!r}", "matches no file")
    raise UsageError(f"file '{path}'", "there is no such file", hint=_neighbour(path))


def _neighbour(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder '{folder}' either"
    return nearest(path.name, sorted(one.name for one in folder.iterdir())[:10_000])


def _is_data(path: Path, folder: Path) -> bool:
    # A folder such as `__log_date=2026-03-02` is a partition, not hidden: Spark's rule, too.
    parts = [part for part in path.relative_to(folder).parts if "=" not in part]
    hidden = any(part.startswith((".", "_")) for part in parts)
    return not hidden and _ending(path) != ""


def _ending(path: Path) -> str:
    """The longest known ending of a file's name, "" when there is none."""
    name = path.name.lower()
    return max((end for end in ENDINGS if name.endswith(end)), key=len, default="")


def _format(path: Path) -> str:
    if ending := _ending(path):
        return ENDINGS[ending]
    with path.open("rb") as file:
        start = file.read(6)
    if start[:4] == b"PAR1":
        return "parquet"
    if start == b"ARROW1":
        return "arrow"
    raise UsageError(f"file '{path}'", "its format is not known", want=_endings())


def _endings() -> str:
    return f"a name that ends in one of {', '.join(ENDINGS)}"


def _open(path: Path) -> File:
    """Each format is loaded when a file of it is met."""
    match _format(path):
        case "parquet":
            from vedette.ingest.parquet import ParquetFile

            return ParquetFile(path)
        case "csv":
            from vedette.ingest.delimited import DelimitedFile

            return DelimitedFile(path)
        case "json":
            from vedette.ingest.jsonlines import JsonFile

            return JsonFile(path)
        case _:
            from vedette.ingest.feather import ArrowFile

            return ArrowFile(path)


def _named(given: Sequence[str | Path], paths: Sequence[Path]) -> str:
    """What people see: the name of a file, of a folder or glob with the number of files."""
    count = f" ({len(paths)} file{'s' if len(paths) != 1 else ''})"
    if len(given) == 1:
        path = Path(given[0])
        if path.is_dir():
            return f"{path.name or path}/{count}"
        return path.name if path.exists() else f"{given[0]}{count}"
    return f"{Path(given[0]).name} and others{count}"
