"""Code of the user's that a flag names.

Owns: finding and importing it.  Does not own: what it is used for.  Importing runs it: it is the
user's own, named by the user, with the rights of the user.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from vedette.core.errors import UsageError

WANT = "MODULE:CALLABLE or FILE.py:CALLABLE"


def loaded(name: str, flag: str = "--model") -> Any:
    """What MODULE:CALLABLE or FILE.py:CALLABLE names: a callable, or an object that predicts.

    Modules of the current folder count; those beside a file can be imported by it.
    Errors: UsageError.
    """
    home, sign, attribute = name.rpartition(":")
    if not (home and sign and attribute):
        raise UsageError(flag, "names no callable", got=repr(name), want=WANT)
    try:
        found: Any = _file(Path(home)) if home.endswith(".py") else _module(home)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
        got = f"{type(error).__name__}: {error}"
        raise UsageError(flag, f"cannot load {name!r}", got=got) from None
    if not (callable(found) or hasattr(found, "predict")):
        raise UsageError(flag, f"{name!r} is no callable", got=type(found).__name__)
    return found


def _module(name: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    return import_module(name)


def _file(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # or its own classes could not be unpickled
    spec.loader.exec_module(module)
    return module
