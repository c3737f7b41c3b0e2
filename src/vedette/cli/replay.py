"""`vedette replay`."""

import json
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.live_options import config_option, data_option, opened, read_live
from vedette.cli.progress import progress_bar

if TYPE_CHECKING:
    from vedette.engine.replay import Replayed


@click.command("replay")
@click.argument("incident", required=False, default="")
@click.option("--model", metavar="NAME", help="With --start and --end: a period instead.")
@click.option("--start", metavar="TIME", help="Event time, like 2026-11-01T10:00:00Z.")
@click.option("--end", metavar="TIME", help="Event time.")
@data_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    incident: str,
    model: str | None,
    start: str | None,
    end: str | None,
    data: str,
    config: str | None,
    as_json: bool,
) -> None:
    """Run an incident, or a period, again from the log, and compare every number.

    INCIDENT is its id, or the beginning of it.  Exit code 1 when a number differs.
    """
    from vedette.core.errors import UsageError
    from vedette.core.windows import parse_instant
    from vedette.engine.replay import find_incident, replay
    from vedette.stores.memory import MemoryState

    settings = read_live(config)
    with opened(data, readonly=True) as (log, state):
        if incident:
            found = find_incident(state, incident)
            about, first, last = found.model, min(found.onset, found.opened), found.opened
            first -= settings.of(about).clocks.widths[2]
            last += 1  # the window that ends there began before
        elif model and start and end:
            about = model
            first, last = parse_instant(start, "--start"), parse_instant(end, "--end")
        else:
            raise UsageError("replay", "needs an incident, or --model with --start and --end")
        with progress_bar() as progress:
            result = replay(log, state, MemoryState(), settings, about, first, last, progress)
    if as_json:
        click.echo(json.dumps(document(result), indent=2))
    else:
        _print(result)
    ctx.exit(0 if result.ok else 1)


def _print(result: "Replayed") -> None:
    from vedette.core.windows import iso
    from vedette.core.words import count

    click.echo(f"{result.model}: {iso(result.start)} to {iso(result.end)}")
    click.echo(f"{count(result.records)} records of the log stepped through")
    if result.note:
        click.echo(f"note: {result.note}")
    for incident in result.incidents:
        click.echo(f"incident {incident.id}: {incident.title} ({incident.severity})")
    if result.ok:
        click.echo(f"identical: {count(result.same)} looks and findings, every number the same")
        return
    for word, keys in (("different", result.different), ("missing", result.missing)):
        for key in keys[:20]:
            click.echo(f"{word}: {key}")


def document(result: "Replayed") -> dict[str, Any]:
    """The result as plain data."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "model": result.model,
            "start": result.start,
            "end": result.end,
            "records": result.records,
            "identical": result.ok,
            "same": result.same,
            "different": result.different,
            "missing": result.missing,
            "note": result.note,
            "incidents": result.incidents,
        }
    )
    return plain
