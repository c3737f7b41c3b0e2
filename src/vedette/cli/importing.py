"""`vedette import`: hand what is in files to a running server.

Owns: the flags, sending over HTTP, where progress and records that cannot be read are kept.  Does
not own: kinds of file and going through them (`ingest.readers`).
"""

import json
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.options import json_option

if TYPE_CHECKING:
    from vedette.ingest.readers.course import Tally
    from vedette.ingest.readers.mapping import Columns

URL = "http://127.0.0.1:8642"


@click.command("import")
@click.argument("kind")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--model", default="", metavar="NAME", help="The model that all of it is of.")
@click.option("--url", envvar="VEDETTE_URL", default=URL, show_default=True, metavar="URL",
              help="The server.")  # fmt: skip
@click.option("--api-key", envvar="VEDETTE_API_KEY", metavar="KEY", help="A key that may ingest.")
@click.option("--version", "model_version", default="", metavar="V", help="The model's version.")
@click.option("--sample", type=float, metavar="F",
              help="The fraction of calls that was captured, where files do not say.")  # fmt: skip
@click.option("--feature", "features", multiple=True, metavar="NAME",
              help="A feature of bodies that name none; repeat it, in order.")  # fmt: skip
@click.option("--zone", default="UTC", show_default=True, metavar="ZONE",
              help="The time zone of times that name none, like Europe/Berlin.")  # fmt: skip
@click.option("--map", "mapping", type=click.Path(dir_okay=False), metavar="FILE",
              help="What the columns of a table are, in YAML.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Go on as files grow and new ones come.")
@click.option("--every", type=float, default=1.0, show_default=True, metavar="SECONDS",
              help="With --follow: how often to look.")  # fmt: skip
@click.option("--again", is_flag=True, help="Read all of it, whatever was read before.")
@click.option("--progress", type=click.Path(dir_okay=False), metavar="FILE",
              help="Keeps how far files were read (default: in the user's state).")  # fmt: skip
@click.option("--rejected", type=click.Path(dir_okay=False), metavar="FILE",
              help="Gets records that cannot be read (default: beside the progress).")  # fmt: skip
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    kind: str,
    paths: tuple[str, ...],
    model: str,
    url: str,
    api_key: str | None,
    follow: bool,
    every: float,
    again: bool,
    progress: str | None,
    rejected: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Hand predictions that other systems wrote into files to a running server.

    A second run goes on where the first one ended: nothing is lost and nothing counts twice.

    Exit codes: 0 all was taken, 1 some records were not, 2 wrong use or broken input.
    """
    from vedette.cli.import_http import HttpSink
    from vedette.ingest.readers.catalog import kind_of
    from vedette.ingest.readers.course import Course
    from vedette.ingest.readers.progress import Progress
    from vedette.ingest.readers.settings import given_of
    from vedette.sdk.options import checked_url

    chosen = kind_of(kind)
    given = given_of(
        kind, model=model, version=flags["model_version"], sample=flags["sample"],
        features=flags["features"], zone=flags["zone"], columns=_columns(flags["mapping"]),
    )  # fmt: skip
    url = checked_url(url)
    kept = Path(progress) if progress else _usual(url, model, kind, paths)
    aside = Path(rejected) if rejected else kept.with_suffix(".rejected.jsonl")
    known = Progress() if again or not kept.exists() else Progress.of(
        kept.read_bytes(), f"progress {str(kept)!r}"
    )  # fmt: skip
    stop = threading.Event()
    if follow:
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stop.set())
    with HttpSink(url, api_key, kept, aside, stop) as sink:
        course = Course(chosen, paths, given, sink, known, stop=stop.is_set)
        began, shown = time.monotonic(), 0.0
        while True:
            course.run(following=follow)
            if not follow or stop.wait(max(every, 0.05)):
                break
            if time.monotonic() - shown > 60:
                click.echo(_line(course.tally, time.monotonic() - began), err=True)
                shown = time.monotonic()
    _tell(course.tally, time.monotonic() - began, aside, as_json)
    tally = course.tally
    ctx.exit(2 if tally.broken else 1 if tally.unread or tally.refused else 0)


def _columns(path: str | None) -> "Columns | None":
    """What a file says that columns are.  Errors: UsageError, SettingsError."""
    from vedette.engine.declared import read_text
    from vedette.engine.import_settings import load_columns

    return None if path is None else load_columns(read_text(path), f"file {path!r}")


def _usual(url: str, model: str, kind: str, paths: Sequence[str]) -> Path:
    """Where progress is kept when nobody says: one file for every import."""
    from hashlib import blake2b

    from vedette.sdk.options import usual_spool

    where = [str(Path(path).expanduser().absolute()) for path in paths]
    name = blake2b(json.dumps([url, model, kind, where]).encode(), digest_size=8).hexdigest()
    state = usual_spool({**os.environ, "VEDETTE_SPOOL": ""}).parent
    return state / "imports" / f"{kind}-{name}.json"


def _line(tally: "Tally", seconds: float) -> str:
    from vedette.core.words import count, plural

    return (
        f"{count(tally.records)} records of {plural(tally.files, 'file')} in {seconds:.1f} s: "
        f"{count(tally.accepted)} rows taken, {count(tally.duplicates)} known before, "
        f"{count(tally.refused)} refused, {count(tally.unread)} records not read"
    )


def _tell(tally: "Tally", seconds: float, aside: Path, as_json: bool) -> None:
    if as_json:
        said = {
            "files": tally.files, "records": tally.records, "accepted": tally.accepted,
            "duplicates": tally.duplicates, "refused": tally.refused, "unread": tally.unread,
            "models": tally.models, "broken": tally.broken, "seconds": round(seconds, 3),
            "rejected": str(aside) if tally.unread else None,
        }  # fmt: skip
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo(_line(tally, seconds))
    for model, rows in sorted(tally.models.items()):
        click.echo(f"  {model}: {rows}")
    if tally.first:
        click.echo(f"not taken: {tally.first}")
    if tally.unread:
        click.echo(f"records that could not be read are in {aside}")
    for why in tally.broken.values():
        click.echo(f"vedette: {why}", err=True)
