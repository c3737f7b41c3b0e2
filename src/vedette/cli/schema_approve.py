"""`vedette schema approve SCHEMA NEW`."""

from datetime import UTC, datetime

import click


@click.command("approve", short_help="Accept changes of a schema, with who, when and why.")
@click.argument("schema", metavar="SCHEMA")
@click.argument("new", metavar="NEW")
@click.option("--by", required=True, metavar="NAME", help="Who accepts the changes.")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.option(
    "--only",
    multiple=True,
    metavar="FIELD",
    help="Accept only what changed of this field (repeatable).",
)
@click.option("--at", metavar="TIME", help="When, in ISO 8601 (default: now).")
def command(
    schema: str, new: str, by: str, reason: str, only: tuple[str, ...], at: str | None
) -> None:
    """Accept changes of a schema: SCHEMA becomes what NEW says, with an entry in its history.

    Both are files in YAML.  Every change is printed; nothing is written when there is none.
    """
    from vedette.core.schema_yaml import dump_schema
    from vedette.core.windows import iso, parse_instant
    from vedette.engine.output import write_text
    from vedette.engine.schema_approval import approved
    from vedette.engine.schema_sides import schema_file

    when = datetime.now(UTC).isoformat() if at is None else at
    made = approved(
        schema_file(schema),
        schema_file(new),
        by=by,
        at=iso(parse_instant(when, "--at")),
        reason=reason,
        only=only,
    )
    write_text(schema, dump_schema(made))
    for words in made.approvals[-1].changes:
        click.echo(words)
    click.echo(f"wrote {schema}", err=True)
