"""Writing a result where the user wants it.

Owns: the one error when that fails.  Does not own: what is written.
"""

from pathlib import Path

from vedette.core.errors import StoreError


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8.  Errors: StoreError when the file cannot be written."""
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        where = f"file {str(path)!r}"
        raise StoreError(where, "cannot be written", got=error.strerror) from None
