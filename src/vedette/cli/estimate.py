"""`vedette estimate REFERENCE CURRENT`."""

import sys
from typing import Any

import click

from vedette.cli.options import html_option, json_option, read_schema, read_settings, table_options
from vedette.cli.progress import progress_bar


@click.command("estimate")
@click.argument("reference")
@click.argument("current")
@table_options
@click.option("--positive", metavar="CLASS", help="The class that a score speaks of.")
@click.option(
    "--threshold", type=float, metavar="X", help="Score from which a row counts as positive."
)
@json_option
@html_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    reference: str,
    current: str,
    positive: str | None,
    threshold: float | None,
    as_json: bool,
    html: str | None,
    **flags: Any,
) -> None:
    """Estimate how well a model does where labels are not known yet.

    REFERENCE has labels and what the model said of its rows, CURRENT what the model said; where it
    has labels, too, what they say stands beside the estimate.  Columns are called label, prediction
    and score unless flags name them; of several classes score.<class>.

    Exit code 1 when the predictions became worse in a way that matters.
    """
    from vedette.engine.estimate import run
    from vedette.engine.performance_settings import PerformanceSettings

    settings = read_settings(flags)
    graded = PerformanceSettings(positive=positive, threshold=threshold)
    schema = read_schema(flags["schema_file"])
    with progress_bar() as progress:
        found = run(reference, current, settings, graded, schema, progress)
    if html:
        found.to_html(html)
    if as_json:
        click.echo(found.to_json())
    else:
        from rich.console import Console

        from vedette.report.estimation import render_estimation

        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
        render_estimation(found.to_dict(), Console())
        if html:
            click.echo(f"wrote {html}", err=True)
    ctx.exit(0 if found.ok else 1)
