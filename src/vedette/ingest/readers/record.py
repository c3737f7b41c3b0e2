"""The values between a file and a server: records of files, and what they say.

Owns: `Record`, `Given`, `Item`, `Kind`.  Does not own: cutting files (`cut`), any kind of file.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vedette.core.errors import SchemaError
from vedette.ingest.limits import Limits
from vedette.ingest.sent import Sent, SentLabel, SentReading, SentSide

What = Sent | SentLabel | SentReading | SentSide

NAME, AGE = "name", "age"  # orders in which files are read
# By what a file is known again: by how it begins (it may grow), by its ends (it is written once),
# or by its path.
BY_HEAD, BY_ENDS, BY_PATH = "head", "ends", "path"


class Record(NamedTuple):
    """One record of a file.

    Shapes: `row` is its number from 0; reading goes on at `end` after it: a place in bytes of the
    text, or a number of rows; `value` is a line as bytes, or a mapping; `why` is not "" when
    nothing can be read of it; `place` says where it is from in a table of many files; one that
    `is_empty` says nothing but how far reading came.
    """

    row: int
    end: int
    value: Any
    why: str = ""
    place: str = ""
    is_empty: bool = False

    def made_id(self, path: Path) -> str:
        """An id for a record that has none of its own: the same whenever this file is read, also
        under another name or when it has grown.

        Example:
            >>> Record(0, 2, b"a").made_id(Path("x.log")) == Record(1, 4, b"a").made_id(Path("x"))
            False
        """
        raw = self.value if isinstance(self.value, bytes) else repr(self.value).encode()
        where = self.place or str(self.row)
        return hashlib.blake2b(where.encode() + b"\0" + raw, digest_size=16).hexdigest()


class Given(NamedTuple):
    """What whoever imports says of the files.

    Shapes: `model` and `version` are taken where they are not "", whatever the files say;
    `features` names those of bodies that name none, in order; `mapping` says what the columns of
    a table are (`readers.mapping`), and `texts` which of them are text, whatever they look like.
    Units: `weight` is one over the sampling fraction; `zone` is where clocks without one stand.
    """

    model: str = ""
    version: str = ""
    weight: float | None = None
    features: tuple[str, ...] = ()
    zone: str = "UTC"
    mapping: Any = None
    texts: frozenset[str] = frozenset()
    limits: Limits = Limits()


class Item(NamedTuple):
    """Something that a record says, and of which model; "" where the record does not tell."""

    model: str
    what: What


Cut = Callable[[Path, int, int, bool, Given], Iterator[Record]]
Reader = Callable[[Record], Iterable[Item]]


class Kind(NamedTuple):
    """How one kind of file is read.

    Shapes: `files` are patterns of the names that are read of a folder; `cut` gives the records of
    a file from a place on (see `readers.cut`); `reader` makes, for a file, the function that says
    what a record says, which raises SchemaError or ValueError for one that cannot be read;
    `takes_tables` says that folders which are Delta tables are read as one.
    """

    about: str
    files: tuple[str, ...]
    cut: Cut
    reader: Callable[[Path, Given], Reader]
    known_by: Callable[[Path], str] = lambda _: BY_HEAD
    order: str = NAME
    takes_tables: bool = False


def mapping_of(record: Record) -> Mapping[str, Any]:
    """The record as a mapping.  Errors: SchemaError when it is none."""
    if not isinstance(record.value, Mapping):
        raise SchemaError("record", "is no object", got=type(record.value).__name__)
    return record.value
