"""`vedette retention`."""

import json
import time

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

    settings = read_live(config)
    with opened(data, readonly=not applied) as (log, state):
        gone = upkeep.forget(log, state, settings.storage, time.time_ns(), dry_run=not applied)
        newest = upkeep.newest_events(state)
    if as_json:
        plain = [msgspec.to_builtins(one._asdict()) for one in gone]
        click.echo(json.dumps({"applied": applied, "forgotten": plain}, indent=2))
        return
    verb = "removed" if applied else "would remove"
    for one in gone:
        span = f"{iso(one.start)} to {iso(max(one.end - 1, one.start))}"
        what = one.where if "/" not in one.where or " " in one.where else "events"
        name = f"{one.model}: " if one.model else ""
        rows = f"{count(one.rows)} rows, {count(one.size)} bytes"
        click.echo(f"{verb} {name}{what}, {span}, {rows}")
    if not gone:
        click.echo("nothing is older than the settings keep")
    for model, at in newest.items():
        click.echo(f"newest event of {model}: {iso(at)}", err=True)
