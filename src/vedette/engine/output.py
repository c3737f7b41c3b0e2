"""Writing a result where the user wants it.

Owns: the one error when that fails, and that a file is replaced at once or not at all.  Does not
own: what is written.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from vedette.core.errors import StoreError


def as_json(
    document: Mapping[str, Any], path: str | Path | None = None, indent: int | None = 2
) -> str:
    """A plain document as JSON text, also written to `path` if one is given.

    Errors: StoreError when the file cannot be written.
    Example:
        >>> as_json({"ok": True}, indent=None)
        '{"ok": true}'
    """
    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    return kept(text, path, "\n")


def kept(text: str, path: str | Path | None, end: str = "") -> str:
    """The text, also written to `path` if one is given, with `end` behind it."""
    if path is not None:
        write_text(path, text + end)
    return text


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8.  Errors: StoreError when the file cannot be written."""
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file at once or not at all; what is no file (`/dev/stdout`) is written to.

    Errors: StoreError when the file cannot be written.
    """
    target = Path(path)
    draft = None
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        target = target.resolve()  # a link stays one
        draft = target.with_name(target.name + ".part")
        draft.write_bytes(data)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()
        where = f"file {str(path)!r}"
        raise StoreError(where, "cannot be written", got=error.strerror) from None
