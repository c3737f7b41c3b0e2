"""The charting library.

Owns: loading it, when it is first needed.  Does not own: what is drawn with it.
"""

from threading import Lock
from typing import Any

_LOADING = Lock()


def altair() -> Any:
    """Load Altair, by one thread at a time: what it imports in turn cannot bear two."""
    with _LOADING:
        import altair

    return altair
