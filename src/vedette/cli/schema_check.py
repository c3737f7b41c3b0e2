"""`vedette schema check DATA SCHEMA`, or `--suite FILE`."""

from typing import Any

import click

from vedette.cli.options import json_option, junit_option
from vedette.cli.progress import progress_bar


@click.command("check", short_help="Check a table against a schema, and count what it breaks.")
@click.argument("data", metavar="DATA")
@click.argument("schema", metavar="[SCHEMA]", required=False)
@click.option(
    "--suite",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Instead of SCHEMA, a suite of Great Expectations in JSON, run by its own library.",
)
@click.option(
    "--environment",
    type=click.Choice(["training", "serving"]),
    default="training",
    show_default=True,
    help="Where the table comes from: a label may be absent in serving.",
)
@json_option
@junit_option("field and rule")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    data: str,
    schema: str | None,
    suite: str | None,
    environment: str,
    as_json: bool,
    junit: str | None,
) -> None:
    """Check a table against a schema, and count everything that it breaks.

    DATA is a path or glob to Parquet, CSV, JSON lines or Arrow files, SCHEMA a file as `vedette
    schema infer` writes it.  Every row is read; exits with 1 when anything is broken beyond what
    the schema tolerates.
    """
    if (schema is None) == (suite is None):
        raise click.UsageError("wanted SCHEMA or --suite FILE, and not both")
    result: Any
    if suite is not None:
        from vedette.engine.suites.run import run_suite

        result = run_suite(data, suite)
    else:
        from vedette.engine.schema_check import check_schema

        assert schema is not None
        with progress_bar() as progress:
            result = check_schema(data, schema, environment, progress=progress)
    if junit:
        result.to_junit(junit)
    if as_json:
        click.echo(result.to_json())
    else:
        _show(result)
        if junit:
            click.echo(f"wrote {junit}", err=True)
    ctx.exit(0 if result.ok else 1)


def _show(result: Any) -> None:
    from rich.console import Console

    from vedette.report.checks import render_check

    render_check(result.to_dict(), Console())
