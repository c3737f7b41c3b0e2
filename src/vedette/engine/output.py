"""Writing a result where the user wants it.

Owns: the one error when that fails, and that a file is replaced at once or not at all.  Does not
own: what is written.
"""

from contextlib import suppress
from pathlib import Path

from vedette.core.errors import StoreError


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
