"""`vedette demo`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from vedette.engine.comparison import Comparison


@click.command("demo")
@click.option(
    "-o",
    "--out",
    default="vedette-demo",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where to write the reports.",
)
@click.option("--port", default=8642, show_default=True, metavar="N", help="Of the live server.")
@click.option(
    "--exit", "leave", is_flag=True, help="End with the summary: exit code 1 if a fault was missed."
)
@click.option(
    "--speed",
    default=3.0,
    show_default=True,
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    help="Days of traffic in a second.",
)
@click.option(
    "--months",
    "span",
    default="4-12",
    show_default=True,
    metavar="M-N",
    help="Months of live traffic.",
)
@click.option(
    "--part",
    default="both",
    show_default=True,
    type=click.Choice(["both", "compare", "live"]),
    help="What to show.",
)
@click.pass_context
def command(
    ctx: click.Context, /, out: str, port: int, leave: bool, speed: float, span: str, part: str
) -> None:
    """Find faults planted in the New York flights of 2013.

    First two tables are compared: January to March with a copy in which one carrier sends
    kilometres for miles and a weather
    column stops arriving in March; and with the rest of the year, where nothing is broken but the
    season changed.  The same flights as training saw them and as serving logged them are compared
    row by row.

    Then a model is watched at work: trained on January to March, it predicts delays from April on.
    A third fault hurts it: from May on one carrier no longer sends how late its flights leave.  The
    server raises incidents, says which of them do harm and why, and stays up for the browser until
    Ctrl-C.
    """
    from vedette.cli.flights import flights

    first, last = _months(span)
    click.echo("reading 336,776 flights with the weather at departure ...", err=True)
    year = flights()
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    if part != "live":
        _compared(year, folder)
    if part != "compare":
        from vedette.cli.demo_live import Wanted, show

        wanted = Wanted(folder / "live", port, speed, first, last, leave)
        ctx.exit(0 if show(year, wanted) else 1)


def _months(span: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", span)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 4 <= first <= last <= 12:
        raise click.UsageError(f"--months: wanted like 4-12; got {span!r}")
    return first, last


def _compared(year: "pa.Table", folder: Path) -> None:
    from vedette.cli import demo_skew
    from vedette.cli.flights import months, with_faults
    from vedette.engine.compare import compare
    from vedette.ingest.source import open_source

    first = months(year, 1, 3)
    winter = open_source(first, name="January to March 2013")
    faulty = open_source(with_faults(first), name="the same, two faults put in")
    rest = open_source(months(year, 4, 12), name="April to December 2013")
    broken = compare(winter, faulty, segments=["carrier"], time="time_hour")
    season = compare(winter, rest, time="time_hour")
    _tell("January to March, against a copy with two faults put in", broken, folder / "faults.html")
    _tell("January to March, against April to December", season, folder / "season.html")
    demo_skew.show(year, folder)


def _tell(title: str, result: "Comparison", path: Path) -> None:
    from vedette.engine.headline import sentence

    click.echo(f"\n{title}\n{'-' * len(title)}")
    click.echo(result.verdict)
    for finding in result.headlines:
        click.echo(f"  - {sentence(finding, result.findings)}")
    result.to_html(path)
    click.echo(f"report: {path.resolve()}")
