"""`vedette schema`: infer, check, diff, approve, import, export."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from vedette.cli import schema_approve, schema_check, schema_diff, schema_exchange
from vedette.cli.options import read_schema, read_settings, table_options
from vedette.cli.progress import progress_bar


@click.group("schema")
def command() -> None:
    """Guess a schema, check tables against it, say what changed of it, exchange it."""


command.add_command(schema_check.command)
command.add_command(schema_diff.command)
command.add_command(schema_approve.command)
command.add_command(schema_exchange.import_)
command.add_command(schema_exchange.export)


@command.command("infer", short_help="Guess kind and role of every column, and what it obeys.")
@click.argument("data", metavar="DATA")
@table_options
@click.option(
    "--constraints",
    is_flag=True,
    help="Read every row, and learn types and what values obey.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write it to a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def infer(data: str, constraints: bool, output: str | None, as_json: bool, **flags: Any) -> None:
    """Guess kind and role of every column of a table, from a sample of its rows.

    With --constraints every row is read, and a fresh table from the same source will rarely break
    what is learnt; how each constraint was chosen stands at the end, as comments.
    """
    import msgspec

    from vedette.core.schema_yaml import dump_schema
    from vedette.engine.batch import resolve_schema
    from vedette.engine.output import write_text
    from vedette.engine.schema_learn import learn
    from vedette.ingest.source import open_source
    from vedette.profiles.fit import SAMPLE

    source = open_source(data)
    settings = read_settings(flags)
    schema = resolve_schema(
        source.sample(SAMPLE), settings, read_schema(flags["schema_file"]), source.name
    )
    why: Mapping[str, Sequence[str]] = {}
    if constraints:
        with progress_bar() as progress:
            schema, why = learn(source, schema, progress=progress)
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"
    else:
        text = dump_schema(schema) + _comments(why, source.name)
    if output:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
    else:
        click.echo(text, nl=False)


def _comments(why: Mapping[str, Sequence[str]], name: str) -> str:
    from vedette.report.words import visible

    lines = [f"{field}: {reason}" for field, reasons in why.items() for reason in reasons]
    if not lines:
        return ""
    return "".join(f"# {visible(line)}\n" for line in [f"How it was learnt from {name}:", *lines])
