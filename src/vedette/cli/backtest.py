"""`vedette backtest`."""

import json
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.live_options import config_option, data_option, opened, read_live
from vedette.cli.progress import progress_bar

if TYPE_CHECKING:
    from vedette.engine.replay import Backtest


@click.command("backtest")
@click.argument("model")
@click.option("--start", metavar="TIME", help="Event time from which incidents count.")
@click.option("--end", metavar="TIME", help="Event time at which to stop.")
@click.option("--budget", type=float, metavar="X", help="False alarms allowed in a period.")
@click.option("--period", metavar="LENGTH", help="The period, like 30d.")
@click.option("--min-effect", type=float, metavar="X", help="Smallest change that matters.")
@click.option(
    "--without", multiple=True, metavar="MONITOR", help="Leave a monitor out (repeatable)."
)
@data_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: str,
    start: str | None,
    end: str | None,
    data: str,
    config: str | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """Show what other settings would have raised, and when, beside what was raised.

    Settings are those of the file, with what was saved over them and the flags over both.  Nothing
    of the server is touched.
    """
    from vedette.core.windows import parse_instant
    from vedette.engine.replay import backtest
    from vedette.stores.memory import MemoryState

    settings = read_live(config)
    given = {name: value for name, value in changes.items() if value not in (None, ())}
    with opened(data, readonly=True) as (log, state), progress_bar() as progress:
        result = backtest(
            log,
            state,
            MemoryState(),
            settings,
            model,
            parse_instant(start, "--start") if start else None,
            parse_instant(end, "--end") if end else None,
            progress,
            changes=given,
        )
    if as_json:
        click.echo(json.dumps(_document(result), indent=2))
    else:
        _print(result)


def _print(result: "Backtest") -> None:
    from vedette.core.windows import iso
    from vedette.core.words import count, plural

    click.echo(f"{result.model}: {iso(result.start)} to {iso(result.end)}")
    click.echo(f"{count(result.records)} records of the log stepped through")
    for title, incidents in (
        ("these settings would have raised", result.opened),
        ("the server raised", result.raised),
    ):
        click.echo(f"\n{title} {plural(len(incidents), 'incident')}")
        for incident in incidents:
            click.echo(f"  {iso(incident.opened)}  {incident.severity:8}  {incident.title}")


def _document(result: "Backtest") -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "model": result.model,
            "start": result.start,
            "end": result.end,
            "records": result.records,
            "would_have_raised": result.opened,
            "raised": result.raised,
        }
    )
    return plain
