"""Flags shared by commands around a server's folder.

Owns: `--data` and `--config`, opening what lies there.  Does not own: the stores (`stores.local`),
the settings (`engine.live`).
Precedence: flags, then VEDETTE_* variables, then the settings file, then defaults.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vedette.core.errors import SettingsError

if TYPE_CHECKING:
    from vedette.engine.live import LiveSettings
    from vedette.stores.local.log import LocalLog
    from vedette.stores.local.state import LocalState

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = "vedette-data"


def data_option(command: F) -> F:
    """Add `--data`."""
    return click.option(
        "--data",
        "data",
        default=FOLDER,
        show_default=True,
        envvar="VEDETTE_DATA",
        type=click.Path(file_okay=False),
        metavar="DIR",
        help="The folder that holds everything the server keeps.",
    )(command)


def config_option(command: F) -> F:
    """Add `--config`."""
    return click.option(
        "--config",
        type=click.Path(dir_okay=False),
        envvar="VEDETTE_CONFIG",
        metavar="FILE",
        help="Settings in YAML (default: ./vedette.yaml if there is one).",
    )(command)


def read_live(config: str | None, **flags: Any) -> "LiveSettings":
    """Live settings from file, environment and flags.

    A flag that is None leaves what the others say.
    Errors: SettingsError, UsageError.
    """
    from vedette.engine.declared import read_text
    from vedette.engine.live import load_live

    path = config or ("vedette.yaml" if Path("vedette.yaml").is_file() else None)
    server = dict[str, Any]()
    for name in ("host", "port", "url"):
        variable = os.environ.get(f"VEDETTE_{name.upper()}")
        if variable is not None and flags.get(name) is None:
            server[name] = _number(variable, name) if name == "port" else variable
        if flags.get(name) is not None:
            server[name] = flags[name]
    if path is None:
        return load_live("", "settings", server)
    return _beside(load_live(read_text(path), f"file {path!r}", server), Path(path))


def _beside(settings: "LiveSettings", config: Path) -> "LiveSettings":
    """Settings whose relative paths are taken from where their file lies.

    Errors: SettingsError for a reference, a training sample, a schema or certificates that are not
    there.
    """
    from msgspec.structs import replace

    def found(whose: str, what: str, name: str) -> str:
        path = config.parent / name
        if not path.exists() and not any(sign in name for sign in "*?["):
            raise SettingsError(
                f"file {str(config)!r}", f"the {what} of {whose} is not there",
                got=repr(str(path)), hint="paths are relative to the settings file",
            )  # fmt: skip
        return str(path)

    models = {}
    for name, own in settings.models.items():
        if own.baseline.file:
            file = found(f"model {name!r}", "reference", own.baseline.file)
            own = replace(own, baseline=replace(own.baseline, file=file))
        if own.training.file:
            file = found(f"model {name!r}", "training sample", own.training.file)
            own = replace(own, training=replace(own.training, file=file))
        if own.schema:
            own = replace(own, schema=found(f"model {name!r}", "schema", own.schema))
        models[name] = own
    scrape = tuple(
        replace(one, ca=found(one.place, "ca", one.ca)) if one.ca else one
        for one in settings.scrape
    )
    imports = {
        name: replace(own, path=str(config.parent / Path(own.path).expanduser()))
        for name, own in settings.imports.items()
    }
    return replace(settings, models=models, scrape=scrape, imports=imports)


def _number(text: str, name: str) -> int:
    if not text.isdigit():
        raise click.UsageError(f"VEDETTE_{name.upper()}: wanted a whole number; got {text!r}")
    return int(text)


@contextmanager
def opened(
    data: str, *, make: bool = False, readonly: bool = False
) -> Iterator[tuple["LocalLog", "LocalState"]]:
    """The log and the state of a folder; closed at the end.

    `readonly` may be done beside a running server.
    Errors: UsageError when there is none, StoreError when another process has it.
    """
    from vedette.core.errors import UsageError
    from vedette.stores.local.log import LocalLog
    from vedette.stores.local.state import LocalState

    folder = Path(data)
    if not make and not folder.is_dir():
        raise UsageError(f"folder {data!r}", "is not there", hint="name it with --data")
    log = LocalLog(folder, readonly=readonly)
    try:
        state = LocalState(folder / "state.sqlite", readonly=readonly)
        try:
            yield log, state
        finally:
            state.close()
    finally:
        log.close()


@contextmanager
def opened_state(data: str, *, make: bool = False) -> Iterator["LocalState"]:
    """The state of a folder without the log, which a server may hold: both may write beside one
    another.  Errors: UsageError when there is none, StoreError when it cannot be opened."""
    from vedette.core.errors import StoreError, UsageError
    from vedette.stores.local.state import LocalState

    folder = Path(data)
    if make:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"folder {data!r}", "cannot be made", got=error.strerror) from None
    elif not (folder / "state.sqlite").is_file():
        raise UsageError(f"folder {data!r}", "holds no server's data", hint="name it with --data")
    state = LocalState(folder / "state.sqlite")
    try:
        yield state
    finally:
        state.close()
