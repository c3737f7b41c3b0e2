"""Flags shared by commands that read tables.

Owns: their names and help, and turning them into settings.  Does not own: the settings
(`engine.settings`).
Precedence: flags, then VEDETTE_* variables, then the settings file, then defaults.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from vedette.core.schema import Schema
    from vedette.engine.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

ROLES = ("label", "prediction", "score", "time", "id")


def table_options(command: F) -> F:
    """Add the flags that say what the columns are."""
    return options_without()(command)


def options_without(*names: str) -> Callable[[F], F]:
    """Add those flags but for some that mean nothing to a command, by their parameters' names."""
    flags = [flag for name, flag in _flags().items() if name not in names]

    def add(command: F) -> F:
        for flag in reversed(flags):
            command = flag(command)
        return command

    return add


def json_option(command: F) -> F:
    """Add `--json`, as the parameter `as_json`."""
    said = "Print the JSON document, and nothing else, on stdout."
    return click.option("--json", "as_json", is_flag=True, help=said)(command)


def html_option(command: F) -> F:
    """Add `--html`."""
    said = "Write the report as one HTML file."
    return click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help=said)(
        command
    )


def junit_option(case: str) -> Callable[[F], F]:
    """Add `--junit`, one test case per `case`."""
    said = f"Write JUnit XML, one test case per {case}."
    return click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help=said)


def _flags() -> dict[str, Callable[[F], F]]:
    roles = {
        "label": "Column with the ground truth.",
        "prediction": "Column with the model's prediction.",
        "score": "Column with the model's score.",
        "time": "Column with the event time.",
        "id": "Column that identifies a row.",
    }
    return {
        **{
            role: click.option(
                f"--{role}", envvar=f"VEDETTE_{role.upper()}", metavar="COLUMN", help=text
            )
            for role, text in roles.items()
        },
        "segments": click.option(
            "--segment",
            "segments",
            multiple=True,
            metavar="COLUMN",
            help="Compare inside every value of this column, too (repeatable).",
        ),
        "kinds": click.option(
            "--kind",
            "kinds",
            multiple=True,
            metavar="COLUMN=KIND",
            help="What a column is: numeric, integer, category, boolean, text, time, vector or id.",
        ),
        "ignore": click.option(
            "--ignore", multiple=True, metavar="COLUMN", help="Leave a column out (wildcards work)."
        ),
        "schema_file": click.option(
            "--schema",
            "schema_file",
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="A schema in YAML, as `vedette schema infer` writes it.",
        ),
        "config": click.option(
            "--config",
            type=click.Path(dir_okay=False),
            envvar="VEDETTE_CONFIG",
            metavar="FILE",
            help="Settings in YAML (default: ./vedette.yaml if there is one).",
        ),
        "workers": click.option(
            "--workers",
            type=click.IntRange(1, 256),
            metavar="N",
            help="Threads (default: all processors).",
        ),
    }


def read_settings(flags: Mapping[str, Any]) -> "Settings":
    """Settings from a file and flags; a flag that was not given leaves the file's value.

    Errors: SettingsError for a wrong value, UsageError for a file that is not there.
    """
    from vedette.engine.declared import read_text
    from vedette.engine.settings import load_settings, make_settings

    path = flags.get("config") or ("vedette.yaml" if Path("vedette.yaml").is_file() else None)
    given: dict[str, Any] = load_settings(read_text(path), f"file {path!r}") if path else {}
    for name in ("min_effect", "alpha", "alpha_margin", "examples", *ROLES):
        if flags.get(name) is not None:
            given[name] = flags[name]
    for name in ("strict", "joint"):
        if flags.get(name):
            given[name] = True
    if flags.get("dependence") is not None:
        given["dependence"] = flags["dependence"]
    if flags.get("segments"):
        given["segments"] = list(flags["segments"])
    columns = dict(given.get("columns") or {})
    for text in flags.get("kinds") or ():
        name, kind = split_pair(text, "--kind")
        columns[name] = {**columns.get(name, {}), "kind": kind}
    for name in flags.get("ignore") or ():
        columns[name] = {**columns.get(name, {}), "role": "ignore"}
    for text in flags.get("effects") or ():
        name, effect = split_pair(text, "--effect")
        columns[name] = {**columns.get(name, {}), "min_effect": as_number(effect, "--effect")}
    for text in flags.get("methods") or ():
        name, method = split_pair(text, "--method")
        columns[name] = {**columns.get(name, {}), "method": method}
    return make_settings({**given, "columns": columns})


def read_schema(path: str | None) -> "Schema | None":
    """The schema of a file, or None."""
    from vedette.engine.declared import schema_of

    return schema_of(path)


def split_pair(text: str, flag: str) -> tuple[str, str]:
    """Split COLUMN=VALUE.

    Example:
        >>> split_pair("zip=category", "--kind")
        ('zip', 'category')
    """
    name, sign, value = text.rpartition("=")
    if not sign or not name or not value:
        raise click.UsageError(f"{flag}: wanted COLUMN=VALUE; got {text!r}")
    return name, value


def as_number(text: str, flag: str) -> float:
    """A number given on the command line."""
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"{flag}: wanted a number; got {text!r}") from None
