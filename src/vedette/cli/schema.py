"""`vedette schema`: infer, check."""

from typing import Any

import click

from vedette.cli import schema_check
from vedette.cli.options import read_schema, read_settings, table_options


@click.group("schema")
def command() -> None:
    """Guess a schema, check tables against it."""


command.add_command(schema_check.command)


@command.command("infer", short_help="Guess kind and role of every column.")
@click.argument("data", metavar="DATA")
@table_options
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write it to a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def infer(data: str, output: str | None, as_json: bool, **flags: Any) -> None:
    """Guess kind and role of every column of a table, from a sample of its rows."""
    import msgspec

    from vedette.core.schema_yaml import dump_schema
    from vedette.engine.batch import resolve_schema
    from vedette.engine.output import write_text
    from vedette.ingest.source import open_source
    from vedette.profiles.fit import SAMPLE

    source = open_source(data)
    settings = read_settings(flags)
    schema = resolve_schema(
        source.sample(SAMPLE), settings, read_schema(flags["schema_file"]), source.name
    )
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
    else:
        text = dump_schema(schema)
    if output:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
    else:
        click.echo(text, nl=False)
