"""`vedette skew TRAINING SERVING` of two tables without a key.

Owns: the flags that go without a key, what is shown.  Does not own: the command (`cli.skew`), the
comparison (`engine.skew.unkeyed`).
"""

import sys

import click

from vedette.cli.progress import progress_bar

WITHOUT_KEY = frozenset({"tables", "keys", "time", "segments", "workers", "as_json", "html"})


def unkeyed(
    ctx: click.Context, training: str, serving: str, *, as_json: bool, html: str | None
) -> int:
    """Compare two tables as tables and show what is wrong; the exit code.

    Errors: click.UsageError for a flag that needs a key; those of the comparison.
    """
    from vedette.engine.settings import make_settings
    from vedette.engine.skew.unkeyed.compare import skew_of

    flags = ctx.params
    for one in ctx.command.params:
        told = ctx.get_parameter_source(one.name or "") == click.core.ParameterSource.COMMANDLINE
        if told and one.name not in WITHOUT_KEY:
            raise click.UsageError(f"{one.opts[0]} goes with --key")
    chosen = {"segments": list(flags["segments"]), "time": flags["time"]}
    settings = make_settings({name: value for name, value in chosen.items() if value})
    with progress_bar() as progress:
        found = skew_of(training, serving, settings, workers=flags["workers"], progress=progress)
    if html:
        found.to_html(html)
    if as_json:
        click.echo(found.to_json())
    else:
        from rich.console import Console

        from vedette.report.table_skew import render_table_skew

        if sys.stdout is not None:  # closed by the caller
            sys.stdout.flush()
        render_table_skew(found.to_dict(), Console())
        if html:
            click.echo(f"wrote {html}", err=True)
    return 0 if found.ok else 1
