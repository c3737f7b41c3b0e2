"""`vedette demo`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vedette.engine.comparison import Comparison


@click.command("demo")
@click.option(
    "-o",
    "--out",
    default="vedette-demo",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where to write the two reports.",
)
@click.pass_context
def command(ctx: click.Context, /, out: str) -> None:
    """Find two planted faults in the New York flights of 2013.

    January to March is the reference.  It is compared with a copy in which one carrier sends
    kilometres for miles and a weather
    column stops arriving in March, and with the rest of the year, where nothing is broken but the
    season changed.
    """
    from vedette.cli.flights import flights, months, with_faults
    from vedette.engine.compare import compare
    from vedette.ingest.source import open_source

    click.echo("reading 336,776 flights with the weather at departure ...", err=True)
    year = flights()
    first = months(year, 1, 3)
    winter = open_source(first, name="January to March 2013")
    faulty = open_source(with_faults(first), name="the same, two faults put in")
    rest = open_source(months(year, 4, 12), name="April to December 2013")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    broken = compare(winter, faulty, segments=["carrier"], time="time_hour")
    season = compare(winter, rest, time="time_hour")
    _tell("January to March, against a copy with two faults put in", broken, folder / "faults.html")
    _tell("January to March, against April to December", season, folder / "season.html")


def _tell(title: str, result: "Comparison", path: Path) -> None:
    from vedette.engine.headline import sentence

    click.echo(f"\n{title}\n{'-' * len(title)}")
    click.echo(result.verdict)
    for finding in result.headlines:
        click.echo(f"  - {sentence(finding, result.findings)}")
    result.to_html(path)
    click.echo(f"report: {path.resolve()}")
