"""Text files opened as bytes, decompressed by the ending of their name.

Owns: gzip, zip with one member, the byte-order mark.  Does not own: what the text means.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from vedette.core.errors import StoreError, UsageError
from vedette.ingest.scan import first_line


@contextmanager
def opened(path: Path) -> Iterator[pa.NativeFile]:
    """Open a text file for reading, decompressed.

    Bounds: decompresses as it is read, so memory does not grow with the file.  Errors: StoreError
    when the file or its compression is broken; UsageError for a zip file of several members.
    """
    name = path.name.lower()
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as archive, archive.open(_member(archive, path)) as member:
                yield pa.PythonFile(member, mode="r")
        else:
            compression = "gzip" if name.endswith(".gz") else None
            with pa.input_stream(str(path), compression=compression) as stream:
                yield stream
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise StoreError(f"file '{path}'", "cannot be read", got=first_line(error)) from error


def encoding(start: bytes) -> str:
    """The encoding that a file's first bytes tell of: UTF-16 by its mark, else UTF-8.

    Example:
        >>> encoding("a,b".encode("utf-16")), encoding(b"a,b")
        ('utf-16', 'utf-8')
    """
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise UsageError(
            f"file '{path}'",
            f"holds {len(members)} files",
            want="a zip file with one",
            hint="unpack it and give the folder",
        )
    return members[0]
