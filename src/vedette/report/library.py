"""The charting library.

Owns: loading it, when it is first needed.  Does not own: what is drawn with it.
"""

from contextlib import suppress
from importlib import import_module
from threading import Lock
from typing import Any

_LOADING = Lock()


def altair() -> Any:
    """Load Altair, by one thread at a time: what it imports in turn cannot bear two.

    Where pandas is installed it is loaded whole, not to be used: Altair looks whether it is there,
    and would see half of it while another thread makes its first Arrow array, which loads it.
    """
    with _LOADING:
        import altair

        with suppress(ImportError):
            import_module("pandas")

    return altair
