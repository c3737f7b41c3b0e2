"""`vedette schema import FILE` and `vedette schema export SCHEMA --to FORMAT`.

Owns: these two commands.  Does not own: formats (`ingest.schemas`), the group (`cli.schema`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vedette.ingest.schemas.translated import Unsupported

FORMATS = ("tfdv", "great-expectations", "pandera", "mlflow")  # `ingest.schemas.catalog`'s


@click.command("import", short_help="Read a schema of another tool.")
@click.argument("file", metavar="FILE")
@click.option(
    "--from",
    "format_",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help=f"What FILE is: {', '.join(FORMATS)} (default: told from the file).",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write it to a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print schema and unsupported as JSON.")
def import_(file: str, format_: str | None, output: str | None, as_json: bool) -> None:
    """Read a schema of TensorFlow Data Validation, a suite of Great Expectations, a schema of
    Pandera or a signature of MLflow, and print it as vedette's YAML.

    What a schema of vedette cannot hold is listed on stderr, and in --json.
    """
    from vedette.core.schema_yaml import dump_schema
    from vedette.ingest.schemas.exchange import import_schema

    read = import_schema(file, format_)
    text = dump_schema(read.result)
    if as_json:
        _print_json(read.result, read.unsupported)
    _deliver(text, output, as_json)
    _list(read.unsupported)


@click.command("export", short_help="Write a schema for another tool.")
@click.argument("schema", metavar="SCHEMA")
@click.option(
    "--to",
    "format_",
    type=click.Choice(FORMATS),
    required=True,
    metavar="FORMAT",
    help=f"What to write: {', '.join(FORMATS)}.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write it to a file."
)
@click.option("--json", "as_json", is_flag=True, help="Print text and unsupported as JSON.")
def export(schema: str, format_: str, output: str | None, as_json: bool) -> None:
    """Write a schema in YAML as a text message of TensorFlow Data Validation, a suite of Great
    Expectations 1.x in JSON, a schema of Pandera in YAML, or the signature of an MLmodel file.

    What the format cannot hold is listed on stderr, and in --json.
    """
    from vedette.cli.options import read_schema
    from vedette.ingest.schemas.exchange import export_schema

    declared = read_schema(schema)
    assert declared is not None
    written = export_schema(declared, format_)
    if as_json:
        _print_json(written.result, written.unsupported)
    _deliver(written.result, output, as_json)
    _list(written.unsupported)


def _print_json(result: object, unsupported: "Sequence[Unsupported]") -> None:
    import msgspec

    document = {"result": result, "unsupported": unsupported}
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    click.echo(text)


def _deliver(text: str, output: str | None, is_told: bool) -> None:
    """Write a text where it is wanted; standard output holds it unless it holds JSON already."""
    from vedette.engine.output import write_text

    if output:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
    elif not is_told:
        click.echo(text, nl=False)


def _list(unsupported: "Sequence[Unsupported]") -> None:
    if unsupported:
        click.echo(f"{len(unsupported)} not carried over:", err=True)
    for one in unsupported:
        click.echo(f"  {one}", err=True)
