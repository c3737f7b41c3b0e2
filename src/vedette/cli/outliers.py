"""`vedette outliers REFERENCE DATA`."""

import sys
from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from vedette.cli.options import json_option, options_without, read_schema, read_settings
from vedette.cli.progress import progress_bar


@click.command("outliers")
@click.argument("reference")
@click.argument("data")
@options_without("segments", "workers")
@click.option(
    "--top",
    type=click.IntRange(0, 10_000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many of the rarest rows to show.",
)
@click.option(
    "--centroids-of",
    type=click.IntRange(0, 1_000),
    default=0,
    metavar="N",
    help="Keep means of at least N rows of the reference, no rows.",
)
@click.option(
    "--save",
    "kept",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write what was learnt of the reference, to be named in its place.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    reference: str,
    data: str,
    top: int,
    centroids_of: int,
    kept: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Say which rows of DATA are unlike those of REFERENCE, how rare that is, and which columns say
    so.

    REFERENCE is a table, or a file that --save wrote.  Exit code 1 when more rows are rare than
    chance allows.
    """
    from vedette.derive.outliers.fit import Likeness
    from vedette.engine.outlier_scorer import OutlierScorer, fitted
    from vedette.engine.profile_file import is_profile_file
    from vedette.ingest.source import open_source

    settings, schema = read_settings(flags), read_schema(flags["schema_file"])
    with progress_bar() as progress:
        if is_profile_file(reference):
            _refuse_learning(ctx, reference, (*flags, "centroids_of"))
            scorer = OutlierScorer.load(reference)
        else:
            like = Likeness(centroids_of=centroids_of)
            scorer = OutlierScorer(fitted(open_source(reference), settings, schema, like, progress))
        found = scorer.score_source(open_source(data), progress)
        document = found.to_dict(top)
    if kept:
        scorer.save(kept)
    if as_json:
        from vedette.engine.output import as_json as spelt

        click.echo(spelt(document))
    else:
        from rich.console import Console

        from vedette.report.outliers import render_outliers

        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
        render_outliers(document, Console())
        if kept:
            click.echo(f"wrote {kept}", err=True)
    ctx.exit(0 if found.ok else 1)


def _refuse_learning(ctx: click.Context, reference: str, names: Sequence[str]) -> None:
    """Refuse what would be passed over in silence: what was learnt stays as it was learnt."""
    for name in names:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            from vedette.core.errors import UsageError

            raise UsageError(
                f"file {reference!r}", "has been learnt already",
                got="--" + name.replace("_", "-").removesuffix("-file"),
                hint="name the reference itself",
            )  # fmt: skip
