"""`vedette compare REF CUR`."""

import sys
from typing import Any

import click

from vedette.cli.options import (
    html_option,
    json_option,
    junit_option,
    read_schema,
    read_settings,
    table_options,
)
from vedette.cli.progress import progress_bar


@click.command("compare")
@click.argument("reference", metavar="REF")
@click.argument("current", metavar="CUR")
@table_options
@click.option(
    "--min-effect",
    type=float,
    envvar="VEDETTE_MIN_EFFECT",
    metavar="X",
    help="Smallest change that matters, in reference standard deviations (default 0.05).",
)
@click.option(
    "--effect",
    "effects",
    multiple=True,
    metavar="COLUMN=X",
    help="The same for a column (wildcards work).",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="COLUMN=METHOD",
    help="Judge a column by one distance: psi, js, hellinger, total_variation, w, chi_square, ks,"
    " wasserstein.",
)
@click.option(
    "--alpha",
    type=float,
    envvar="VEDETTE_ALPHA",
    metavar="P",
    help="Chance that unchanged tables raise any alarm (default 0.05).",
)
@click.option(
    "--alpha-margin",
    type=float,
    metavar="P",
    help="Chance that a change of exactly min-effect alarms (default 0.01).",
)
@click.option(
    "--strict", is_flag=True, help="Never alarm below min-effect, over all columns together."
)
@click.option("--joint", is_flag=True, help="Also train a classifier to tell the tables apart.")
@click.option(
    "--examples",
    type=click.IntRange(0, 10),
    metavar="N",
    help="Show N texts of every neighbourhood of a text column that grew (default 0).",
)
@click.option(
    "--dependence/--no-dependence",
    default=None,
    help="Also compare how every two columns go together (default: yes, of tables).",
)
@json_option
@html_option
@junit_option("column")
@click.option("--show-schema", is_flag=True, help="Also print how the columns were understood.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    reference: str,
    current: str,
    as_json: bool,
    html: str | None,
    junit: str | None,
    show_schema: bool,
    **flags: Any,
) -> None:
    """Compare two tables: what changed, by how much, and does it matter.

    REF and CUR are paths or globs to Parquet, CSV, JSON lines or Arrow files, or profiles written
    by `vedette profile`.
    At most 5 % of comparisons of unchanged tables raise any alarm, whatever their sizes and number
    of columns.
    """
    from vedette.engine.compare import run

    settings = read_settings(flags)
    schema = read_schema(flags["schema_file"])
    with progress_bar() as progress:
        result = run(
            reference, current, settings, schema=schema, workers=flags["workers"], progress=progress
        )
    if html:
        result.to_html(html)
    if junit:
        result.to_junit(junit)
    if as_json:
        click.echo(result.to_json())
    else:
        _show(result, show_schema)
        for path in (html, junit):
            if path:
                click.echo(f"wrote {path}", err=True)
    ctx.exit(0 if result.ok else 1)


def _show(result: Any, show_schema: bool) -> None:
    from rich.console import Console

    from vedette.report.terminal import render_terminal

    if show_schema:
        from vedette.core.schema_yaml import dump_schema

        click.echo(dump_schema(result.baseline.schema))
    if sys.stdout is not None:  # closed by the caller
        sys.stdout.flush()
    render_terminal(result.to_dict(), Console())
