"""`vedette fairness DATA --group race,sex`."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from vedette.cli.options import options_without, read_schema, read_settings, split_pair
from vedette.cli.progress import progress_bar


@click.command("fairness")
@click.argument("data")
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
    metavar="COLUMN",
    help="A number, or yes and no, that is compared between groups (repeatable).",
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
@click.option(
    "--json", "as_json", is_flag=True, help="Print the JSON document, and nothing else, on stdout."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the report as one HTML file.",
)
@click.option(
    "--pack",
    "folder",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the report and every figure into a dated folder under this one.",
)
@options_without("segments", "id", "workers")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    data: str,
    groups: tuple[str, ...],
    as_json: bool,
    html: str | None,
    folder: str | None,
    **flags: Any,
) -> None:
    """Say whether the decisions of a model treat groups alike.

    DATA holds the model's decisions beside the sensitive columns, with labels or without.  Columns
    are called label, prediction and score unless flags name them.

    Exit code 1 when a group lies beyond a limit with its whole interval.
    """
    from vedette.engine.audit_asked import make_asked
    from vedette.engine.fairness import Beside, run, sensitive

    cuts = dict(split_pair(text, "--bands") for text in flags["bands"])
    schema = read_schema(flags["schema_file"])
    names = [name.strip() for text in groups for name in text.split(",") if name.strip()]
    asked = make_asked(
        names or sensitive(schema),
        bands={column: _numbers(text) for column, text in cuts.items()},
        chances=_chances(flags["chances"]),
        **{name: flags[name] for name in OPTIONS},
    )
    settings = read_settings(flags)
    beside = Beside(flags["reference"], flags["members"], flags["key"], flags["name"])
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
    "level", "measures", "proxies",
)  # fmt: skip


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
