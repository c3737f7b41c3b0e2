"""The drawing library of a page, as one script.

Owns: getting it from the installed `vl-convert-python` and keeping it in the user's cache folder.
Does not own: its contents; no script is part of this package and none comes over a network.
"""

import os
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

_SNIPPET = "window.vegaEmbed = vegaEmbed; window.vedetteBundle = true;"
_END = "window.vedetteBundle="  # the minified end of a complete bundle


def vega_bundle(folder: Path | None = None) -> str:
    """Get the script that defines `vegaEmbed`: 0.9 MB; two seconds once, a file read from then on.

    Bounds: a cache folder that cannot be read or written is done without.
    """
    folder = cache_folder() if folder is None else folder
    path = folder / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text("utf-8")
        if _END in text[-200:]:
            return text
    import vl_convert

    text = str(vl_convert.javascript_bundle(_SNIPPET))
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, text)
    return text


def cache_folder() -> Path:
    """The user's cache folder for vedette, as the platform's convention has it."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home or Path.home() / ".cache") / "vedette"


def _write(path: Path, text: str) -> None:
    """Replace the file in one step: a reader sees the whole script or none."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
