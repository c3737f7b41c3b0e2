"""`vedette schema diff OLD NEW`."""

from typing import Any

import click

from vedette.cli.options import json_option


@click.command("diff", short_help="Say what changed between two schemas, and what that breaks.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@json_option
@click.pass_context
def command(ctx: click.Context, /, old: str, new: str, as_json: bool) -> None:
    """Say what changed between two schemas, and which changes break something.

    OLD and NEW are schemas in YAML (.yaml, .yml) or tables.  A table shows only columns, kinds and
    types, so only those are compared with it.  Exits with 1 when a change is breaking: it narrows
    what was allowed, or takes away a field.
    """
    from vedette.engine.schema_sides import diff

    changes = diff(old, new)
    if as_json:
        click.echo(_json(changes))
    elif not changes:
        click.echo("Nothing changed.")
    else:
        for change in changes:
            mark = "breaking" if change.breaking else "ok"
            click.echo(f"{mark:<8}  {change.effect:<9}  {change.words}")
    ctx.exit(1 if any(change.breaking for change in changes) else 0)


def _json(changes: Any) -> str:
    import json

    from vedette.core.version import __version__

    listed = [
        {
            "name": change.name,
            "what": change.what,
            "effect": change.effect,
            "breaking": change.breaking,
            "old": change.old,
            "new": change.new,
            "words": change.words,
        }
        for change in changes
    ]
    document = {
        "format": "vedette.schema_diff",
        "version": 1,
        "vedette": __version__,
        "ok": not any(change.breaking for change in changes),
        "changes": listed,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
