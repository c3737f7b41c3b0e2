"""`vedette export`: dashboards, alert rules and series for other systems."""

from collections.abc import Iterable
from pathlib import Path

import click

from vedette.cli.live_options import data_option, opened

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("export")
def command() -> None:
    """What Grafana and Prometheus take of vedette."""


@command.command("grafana")
@click.option("-o", "--out", "folder", required=True, metavar="FOLDER",
              type=click.Path(file_okay=False, path_type=Path),
              help="Where to write what goes into Grafana's folder `provisioning`.")  # fmt: skip
@click.option("--url", default="http://127.0.0.1:8642", show_default=True, metavar="URL",
              help="How Grafana reaches vedette.")  # fmt: skip
@click.option("--every", default="1m", show_default=True, metavar="LENGTH",
              help="The width of the smallest windows, `clocks.base`.")  # fmt: skip
@click.option("--boards", metavar="PATH",
              help="Where Grafana finds the dashboards, if not below /etc/grafana.")  # fmt: skip
def grafana(folder: Path, url: str, every: str, boards: str | None) -> None:
    """Write a data source, dashboards and what provisions them."""
    from vedette.export.grafana.provisioning import FOLDER, files

    for name, text in files(url, every, boards or FOLDER).items():
        _write(folder / name, [text])
        click.echo(str(folder / name))


@command.command("rules")
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Where to write; else stdout.")
@click.option("--silence", default="1h", show_default=True, metavar="LENGTH",
              help="How long no event of a model may come.")  # fmt: skip
def rules(output: Path | None, silence: str) -> None:
    """Write alert rules for a Prometheus that scrapes vedette."""
    from vedette.export.rules import rule_file

    _write(output, [rule_file(silence)])


@command.command("openmetrics")
@data_option
@click.option("--model", "models", multiple=True, metavar="NAME",
              help="Only this model; may be given several times.")  # fmt: skip
@click.option("--start", metavar="TIME", help="The first instant, like 2026-11-01T10:00:00Z.")
@click.option("--end", metavar="TIME", help="The last one.")
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Where to write; else stdout.")
def openmetrics(
    data: str, models: tuple[str, ...], start: str | None, end: str | None, output: Path | None
) -> None:
    """Write every series over time, with the times of its samples.

    `promtool tsdb create-blocks-from openmetrics FILE` makes blocks of it that Prometheus reads.
    """
    from vedette.core.errors import UsageError, nearest
    from vedette.core.windows import parse_instant
    from vedette.export.openmetrics import history
    from vedette.export.series.book import Book, Bounds

    with opened(data, readonly=True) as (_, state):
        book = Book(state)
        known = book.models()
        for name in models:
            if name not in known:
                hint = nearest(name, known) or f"models are {', '.join(known) or 'none yet'}"
                raise UsageError(f"model {name!r}", "is not known", hint=hint)
        chosen = models or None  # all, and the server itself
        reach = book.extent(chosen) or (0, 0)
        first = parse_instant(start, "--start") if start else reach[0]
        last = parse_instant(end, "--end") if end else reach[1]
        if start and end and last < first:
            raise UsageError("--end", "lies before --start", got=end, want=f"{start} or later")
        bounds = Bounds(server=not models)
        lines = history(book.series(first, last, models=chosen, bounds=bounds))
        _write(output, (f"{line}\n" for line in lines))


def _write(output: Path | None, pieces: Iterable[str]) -> None:
    """Write to a file, or to stdout without one.  Errors: UsageError where it cannot be made."""
    from vedette.core.errors import UsageError

    if output is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
    except OSError as error:
        raise UsageError(f"file {str(output)!r}", "cannot be written", got=error.strerror) from None
