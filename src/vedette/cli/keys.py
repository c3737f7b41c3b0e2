"""`vedette keys create | list | revoke`.

Owns: random parts of a key, printing it once.  Does not own: what a key is (`web.keys`).  All three
work beside a running server, which takes a change up within a second.
"""

import json
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.live_options import data_option, opened_state

if TYPE_CHECKING:
    from vedette.web.keys import Key

EVERYBODY = "no keys: a server on this machine alone is open to everybody on it"
NOBODY = (
    "no keys are left: nobody can send or look any more until one is made (`vedette keys create`)"
)


@click.group("keys")
def command() -> None:
    """Make, list and revoke API keys.

    From the first key on, every request to a server needs one.
    """


@command.command("create")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="ingest, read or admin (all of it); may be given more than once.",
)
@click.option("--models", default="*", metavar="PATTERN", help="Models it is for (default all).")
@click.option("--note", default="", metavar="TEXT", help="Who or what it is for.")
@click.option(
    "--expires", metavar="LENGTH", help="How long it lasts, like 90d (default: for ever)."
)
@data_option
def create(scopes: tuple[str, ...], models: str, note: str, expires: str | None, data: str) -> None:
    """Make a key and print it: it is shown this once and cannot be had again."""
    import secrets
    import time

    from vedette.core.durations import nanoseconds
    from vedette.web.keys import entry_of, make_key

    now = time.time_ns()
    until = None if expires is None else now + nanoseconds(expires, "--expires")
    text, key = make_key(
        secrets.token_bytes(6), secrets.token_urlsafe(32), scopes=scopes, models=models,
        note=note, made=now, expires=until,
    )  # fmt: skip
    with opened_state(data, make=True) as state:
        state.commit([entry_of(key)])
    click.echo(text)
    click.echo(f"key {key.id}: keep it now, it is not shown again", err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@data_option
def list_keys(as_json: bool, data: str) -> None:
    """List keys: never the keys themselves, which are not kept."""
    from vedette.web.keys import read_keys

    with opened_state(data) as state:
        every = read_keys(state)
    keys = [_plain(key) for key in every if key.ended is None]
    if as_json:
        click.echo(json.dumps({"keys": keys}, indent=2, ensure_ascii=False))
        return
    for key in keys:
        until = f", until {key['expires']}" if key["expires"] else ""
        scopes = ", ".join(key["scopes"])
        click.echo(f"{key['id']}  {scopes}, models {key['models']}{until}  {key['note']}".rstrip())
    if not keys:
        click.echo(NOBODY if every else EVERYBODY, err=True)


@command.command("revoke")
@click.argument("identity", metavar="ID")
@data_option
def revoke(identity: str, data: str) -> None:
    """End a key: the part between the underscores, as `list` shows it.

    A server that had a key is never open again: without any, nobody can send or look.
    """
    import time

    from vedette.core.errors import UsageError, nearest
    from vedette.web.keys import ended, entry_of, read_keys

    with opened_state(data) as state:
        known = {key.id: key for key in read_keys(state) if key.ended is None}
        if identity not in known:
            raise UsageError(f"key {identity!r}", "is not there", hint=nearest(identity, known))
        state.commit([entry_of(ended(known[identity], time.time_ns()))])
    click.echo(f"key {identity} is revoked", err=True)
    if len(known) == 1:
        click.echo(NOBODY, err=True)


def _plain(key: "Key") -> dict[str, Any]:
    from vedette.core.windows import iso

    return {
        "id": key.id,
        "scopes": list(key.scopes),
        "models": key.models,
        "note": key.note,
        "made": iso(key.made),
        "expires": None if key.expires is None else iso(key.expires),
    }
