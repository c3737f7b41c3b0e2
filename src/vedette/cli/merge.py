"""`vedette merge PROFILE…`."""

import click


@click.command("merge")
@click.argument("profiles", nargs=-1, required=True, metavar="PROFILE...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where to write the sum.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON on stdout.")
def command(profiles: tuple[str, ...], output: str, as_json: bool) -> None:
    """Add profiles of one baseline: hours to a day, workers to a cluster, exactly."""
    from functools import reduce

    from vedette.cli.profile import summarise
    from vedette.engine.profile_file import load, save

    files = [load(path) for path in profiles]
    total = reduce(lambda one, two: one.merge(two), (file.profile for file in files))
    save(output, files[0].baseline, total)
    summarise(output, files[0].baseline, total, as_json)
