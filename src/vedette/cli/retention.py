"""`vedette retention`."""

import json

import click

from vedette.cli.live_options import config_option, data_option, opened, read_live


@click.command("retention")
@click.option("--apply", "applied", is_flag=True, help="Remove; without it nothing is touched.")
@data_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
def command(applied: bool, data: str, config: str | None, as_json: bool) -> None:
    """Show what retention would remove (a running server does so every minute).

    What is kept for how long stands in the settings under `storage`.
    """
    import msgspec

    from vedette.core.windows import iso
    from vedette.core.words import count
    from vedette.engine import upkeep
    from vedette.engine.keeper import newest_event

    settings = read_live(config)
    with opened(data, readonly=not applied) as (log, state):
        newest = newest_event(state)
        gone = upkeep.forget(log, state, settings.storage, newest, dry_run=not applied)
    if as_json:
        plain = [msgspec.to_builtins(one._asdict()) for one in gone]
        click.echo(json.dumps({"applied": applied, "forgotten": plain}, indent=2))
        return
    verb = "removed" if applied else "would remove"
    for one in gone:
        span = f"{iso(one.start)} to {iso(max(one.end - 1, one.start))}"
        what = f"{one.model} events" if one.model else one.where
        click.echo(f"{verb} {what}: {span}, {count(one.rows)} rows, {count(one.size)} bytes")
    if not gone:
        click.echo(f"nothing is older than the settings keep (newest event: {iso(newest)})")
