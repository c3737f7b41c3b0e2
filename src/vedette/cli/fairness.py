"""`vedette fairness DATA --group race,sex`."""

import sys
from typing import Any

import click

from vedette.cli.options import read_schema, read_settings, split_pair, table_options
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
    "--minimum",
    type=int,
    default=30,
    show_default=True,
    metavar="ROWS",
    help="Rows below which a group is neither judged nor shown.",
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
    "--json", "as_json", is_flag=True, help="Print the JSON document, and nothing else, on stdout."
)
@table_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    data: str,
    groups: tuple[str, ...],
    bands: tuple[str, ...],
    intersections: int,
    as_json: bool,
    **flags: Any,
) -> None:
    """Say whether the decisions of a model treat groups alike.

    DATA holds the model's decisions beside the sensitive columns, with labels or without.  Columns
    are called label, prediction and score unless flags name them.

    Exit code 1 when a group lies beyond a limit with its whole interval.
    """
    from vedette.engine.audit_asked import make_asked
    from vedette.engine.fairness import run

    names = [name.strip() for text in groups for name in text.split(",") if name.strip()]
    cuts = dict(split_pair(text, "--bands") for text in bands)
    asked = make_asked(
        names, intersections=intersections,
        bands={column: _numbers(text) for column, text in cuts.items()},
        **{name: flags[name] for name in OPTIONS},
    )  # fmt: skip
    settings = read_settings(flags)
    schema = read_schema(flags["schema_file"])
    with progress_bar() as progress:
        found = run(data, asked, settings, schema, progress)
    if as_json:
        click.echo(found.to_json())
    else:
        from rich.console import Console

        from vedette.report.fairness import render_fairness

        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
        render_fairness(found.to_dict(), Console())
    ctx.exit(0 if found.ok else 1)


OPTIONS = ("positive", "threshold", "against", "minimum", "ratio", "gap", "level", "measures")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.UsageError(f"--bands: wanted numbers; got {text!r}") from None
