"""`vedette explain`."""

import json
from typing import Any

import click

from vedette.cli.live_options import config_option, data_option, opened, read_live
from vedette.cli.loaded import loaded


@click.command("explain")
@click.argument("incident")
@data_option
@config_option
@click.option("--again", is_flag=True, help="Explain anew, with every label that is known by now.")
@click.option(
    "--model",
    metavar="MODULE:CALLABLE",
    help="Ask the model, too: rows of the reference are scored with each column as it is now.  "
    "FILE.py:CALLABLE works as well.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    incident: str,
    data: str,
    config: str | None,
    again: bool,
    model: str | None,
    as_json: bool,
) -> None:
    """Say why an incident matters, or why it does not: causes, segments, what was assumed; and what
    tells its rows from those of the reference.

    INCIDENT is its id, or the beginning of it.  A server may run meanwhile; nothing is written.

    The callable of --model takes a pyarrow.Table with the reference's columns and gives scores, or
    predictions, one a row.  It explains anew, as --again does.

    Exit code 1 when the incident does harm, 0 when it is benign or nobody knows.
    """
    from vedette.engine.reexplain import explain_again
    from vedette.engine.replay import find_incident
    from vedette.stores.memory import MemoryState

    asked = None if model is None else loaded(model)
    with opened(data, readonly=True) as (log, state):
        found = find_incident(state, incident)
        if again or asked is not None:
            why = explain_again(log, state, MemoryState(), read_live(config), found, asked)
        else:
            why = _kept(state, found)
    plain = document(found, why)
    if as_json:
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from rich.console import Console

        from vedette.report.explanation import render_explanation

        render_explanation(plain, Console())
    harms = (
        plain["explanation"] is not None and plain["explanation"]["harm"]["verdict"] == "harmful"
    )
    ctx.exit(1 if harms else 0)


def _kept(state: Any, incident: Any) -> Any:
    """The explanation that is kept; None where only its rows were told apart.

    Errors: UsageError where nothing is.
    """
    from vedette.core.errors import UsageError
    from vedette.engine.reexplain import kept_explanation

    try:
        return kept_explanation(state, incident)
    except UsageError:
        if incident.separation is None:
            raise
        return None


def document(incident: Any, why: Any) -> dict[str, Any]:
    """An incident and its explanation as plain data."""
    import msgspec

    from vedette.core.windows import iso
    from vedette.engine.document import plain

    told, apart = msgspec.to_builtins(why), msgspec.to_builtins(incident.separation)
    for part in filter(None, (told, apart)):
        part |= {k: None if part[k] is None else iso(part[k]) for k in ("start", "end")}
    closed = incident.closed
    made: dict[str, Any] = plain(
        {
            "incident": {
                "id": incident.id,
                "model": incident.model,
                "title": incident.title,
                "severity": incident.severity,
                "state": incident.state,
                "onset": iso(incident.onset),
                "opened": iso(incident.opened),
                "closed": None if closed is None else iso(closed),
                "separation": apart,
            },
            "explanation": told,
        }
    )
    return made
