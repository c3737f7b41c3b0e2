"""Libraries that only some formats need.

Owns: loading one when it is first needed, and the error when it is not there.  Does not own: what
is done with it.
"""

import warnings
from importlib import import_module
from typing import Any

from vedette.core.errors import UsageError


def library(module: str, package: str, extra: str) -> Any:
    """Load a library, without what it warns of in its own code.

    Errors: UsageError that says how to install it.

    Example:
        >>> library("json", "json", "schemas").dumps([1])
        '[1]'
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError as error:
        raise UsageError(
            package,
            "is not installed, or cannot be loaded",
            got=str(error).partition("\n")[0],
            hint=f'try: pip install "vedette[{extra}]"',
        ) from error
