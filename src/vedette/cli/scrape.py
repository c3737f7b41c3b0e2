"""`vedette scrape`.

Owns: looking at one server once or twice, and saying what a running server would read of it.
"""

import json
import time

import click


@click.command("scrape")
@click.argument("url")
@click.option("--wait", default=5.0, metavar="SECONDS", help="Between two looks; 0 looks once.")
@click.option("--keep", multiple=True, metavar="PATTERN", help="Further names to take; repeatable.")
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="What kind it is.")
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
def command(
    url: str, wait: float, keep: tuple[str, ...], engines: tuple[str, ...], as_json: bool
) -> None:
    """Show what would be read of a server's metrics: what kind it is, and every reading by model.

    Rates and quantiles need two looks.  Nothing is stored; `scrape` in the settings makes a running
    server do so all the time.
    """
    from vedette.core.errors import UsageError
    from vedette.engine.scrape_settings import ScrapeTarget
    from vedette.engine.scraper import scraped
    from vedette.ingest.scrape.readings import engines_of, readings_of

    if not 0 <= wait <= 3600:
        raise UsageError("--wait", "is out of range", got=wait, want="0 to 3600")
    target = ScrapeTarget(url, model="any", engines=engines, keep=keep)
    before = scraped(target, time.time_ns()) if wait else None
    time.sleep(wait)
    now = scraped(target, time.time_ns())
    kinds = engines_of(now, engines)
    found = readings_of(before, now, lambda said: [said], engines=engines, keep=keep)
    if as_json:
        told = [{"model": one.model or None, "name": one.name, "value": one.value} for one in found]
        document = {"url": target.place, "engines": [one.name for one in kinds],
                    "samples": len(now.samples), "readings": told}  # fmt: skip
        click.echo(json.dumps(document, indent=2))
        return
    titles = ", ".join(one.title for one in kinds) or "none that is known"
    click.echo(f"{target.place}: {len(now.samples)} samples; engines: {titles}", err=True)
    for one in found:
        click.echo(f"{one.model or '-'}\t{one.name}\t{one.value:.6g}")
    if not found:
        click.echo("nothing would be read: name what is wanted with --keep", err=True)
