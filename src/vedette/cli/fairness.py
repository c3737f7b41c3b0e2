"""`vedette fairness DATA --group race,sex`."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.logged_table import logged_options, logged_table
from vedette.cli.options import (
    html_option,
    json_option,
    options_without,
    read_schema,
    read_settings,
    split_pair,
)
from vedette.cli.progress import progress_bar

if TYPE_CHECKING:
    from vedette.engine.audit.asked import Asked
    from vedette.engine.settings import Settings


@click.command("fairness")
@click.argument("table", metavar="[DATA]", required=False)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="COLUMNS",
    help="Sensitive columns, with commas between them (repeatable).",
)
@click.option("--positive", metavar="CLASS", help="The class that counts as selected.")
@click.option(
    "--threshold", type=float, metavar="X", help="Score from which a row counts as selected."
)
@click.option(
    "--against",
    multiple=True,
    metavar="GROUP",
    help="Hold every group against this one, like race=White, or best (repeatable).",
)
@click.option(
    "--intersections",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    metavar="N",
    help="How many columns meet in a group at most.",
)
@click.option(
    "--least",
    type=int,
    default=30,
    show_default=True,
    metavar="ROWS",
    help="Rows below which a group is not judged.",
)
@click.option(
    "--minimum",
    type=int,
    default=10,
    show_default=True,
    metavar="ROWS",
    help="Rows below which no figure of a group is shown.",
)
@click.option(
    "--ratio",
    type=float,
    default=0.8,
    show_default=True,
    metavar="X",
    help="Limit of the ratio of selection rates: a setting, not law.",
)
@click.option(
    "--gap",
    type=float,
    default=0.05,
    show_default=True,
    metavar="X",
    help="Limit of the difference of other rates: a setting, not law.",
)
@click.option(
    "--level",
    type=float,
    default=0.95,
    show_default=True,
    metavar="P",
    help="At which the intervals of all groups hold together.",
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="COLUMNS",
    help="Numbers, or yes and no, compared between groups, commas between them (repeatable).",
)
@click.option(
    "--bands",
    multiple=True,
    metavar="COLUMN=X,Y",
    help="Where a sensitive column of numbers is cut, like age=25,40,60 (repeatable).",
)
@click.option(
    "--reference",
    type=str,
    metavar="FILE",
    help="An earlier table, for what changed since.",
)
@click.option(
    "--members",
    type=str,
    metavar="FILE",
    help="A table that holds the sensitive columns.",
)
@click.option("--key", metavar="COLUMN", help="By which members are found.")
@click.option(
    "--proxies/--no-proxies",
    default=True,
    help="Ask which features reveal a group.",
)
@click.option(
    "--chance",
    "chances",
    multiple=True,
    metavar="COLUMN:GROUP=CHANCE",
    help="A column with the chance of a group, like race:Black=p_black (repeatable).",
)
@click.option("--name", metavar="TEXT", help="What the report calls the table.")
@json_option
@html_option
@click.option(
    "--pack",
    "folder",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the report and every figure into a dated folder under this one.",
)
@logged_options
@options_without("segments", "id", "workers")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    table: str | None,
    groups: tuple[str, ...],
    as_json: bool,
    html: str | None,
    folder: str | None,
    **flags: Any,
) -> None:
    """Say whether the decisions of a model treat groups alike.

    DATA holds the model's decisions beside the sensitive columns, with labels or without.  Columns
    are called label, prediction and score unless flags name them.

    Without DATA, --model reads what a server logged of a model in its folder (--data), with every
    label that came by now; the server may run meanwhile.  Groups that the events lack come from
    --members by --key.

    Exit code 1 when a group lies beyond a limit with its whole interval.
    """
    from msgspec.structs import replace

    from vedette.core.rows import TIME
    from vedette.engine.audit.asked import make_asked
    from vedette.engine.fairness import Beside, run, sensitive

    _check_source(table, flags)
    cuts = dict(split_pair(text, "--bands") for text in flags["bands"])
    schema = read_schema(flags["schema_file"])
    asked = make_asked(
        _columns(groups) or sensitive(schema),
        measures=_columns(flags["measures"]),
        bands={column: _numbers(text) for column, text in cuts.items()},
        chances=_chances(flags["chances"]),
        **{name: flags[name] for name in OPTIONS},
    )
    settings = read_settings(flags)
    data, called = _data(table, flags, asked, settings)
    if called is not None and settings.time is None:
        settings = replace(settings, time=TIME)
    filters = [
        {"name": name, "value": flags[name]}
        for name in ("model", "start", "end")
        if flags[name] is not None
    ]
    beside = Beside(
        flags["reference"], flags["members"], flags["key"], flags["name"] or called, filters
    )
    with progress_bar() as progress:
        found = run(data, asked, settings, schema, beside, progress)
    at = datetime.now(UTC)
    if html:
        found.to_html(html, at=at)
    written = [str(html)] if html else []
    if folder:
        written.append(str(found.to_pack(folder, at=at)))
    if as_json:
        click.echo(found.to_json())
    else:
        from rich.console import Console

        from vedette.report.fairness import render_fairness

        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
        render_fairness(found.to_dict(), Console())
        for name in written:
            click.echo(f"wrote {name}", err=True)
    ctx.exit(0 if found.ok else 1)


OPTIONS = (
    "positive", "threshold", "against", "intersections", "least", "minimum", "ratio", "gap",
    "level", "proxies",
)  # fmt: skip


def _check_source(table: str | None, flags: Mapping[str, Any]) -> None:
    """Refuse both a file and a model, or neither.

    Errors: UsageError.
    """
    from vedette.core.errors import UsageError

    if flags["model"] is not None:
        if table is not None:
            raise UsageError(
                "fairness", "DATA and --model are both named", got=repr(table), want="one of them"
            )
        return
    if table is None:
        raise UsageError("fairness", "there is nothing to audit", hint="name DATA, or --model")
    for name in ("start", "end"):
        if flags[name] is not None:
            raise UsageError(f"--{name}", "goes with --model alone: files are read whole")


def _data(
    table: str | None, flags: Mapping[str, Any], asked: "Asked", settings: "Settings"
) -> tuple[Any, str | None]:
    """What is audited, a file or the log of a model, and what the latter is called."""
    model = flags["model"]
    if model is None:
        return table, None
    named = [getattr(settings, role) for role in ("label", "prediction", "score", "time")]
    chances = [column for held in asked.chances.values() for column in held.values()]
    used = [*asked.group, *asked.measures, *chances, *filter(None, (*named, flags["key"]))]
    read = logged_table(
        flags["data"], model, flags["start"], flags["end"], used, whole=asked.proxies
    )
    return read, model


def _columns(given: tuple[str, ...]) -> list[str]:
    """Names of columns, with commas between them or one by one."""
    return [name.strip() for text in given for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.UsageError(f"--bands: wanted numbers; got {text!r}") from None


def _chances(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Columns of chances by sensitive column and group."""
    found: dict[str, dict[str, str]] = {}
    for text in given:
        group, equals, chance = text.rpartition("=")
        column, sign, name = group.partition(":")
        if not (equals and sign and column and name and chance):
            raise click.UsageError(f"--chance: wanted COLUMN:GROUP=CHANCE; got {text!r}")
        found.setdefault(column, {})[name] = chance
    return found
