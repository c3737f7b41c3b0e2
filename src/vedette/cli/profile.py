"""`vedette profile DATA`."""

from pathlib import Path
from typing import Any

import click

from vedette.cli.options import read_schema, read_settings, table_options
from vedette.cli.progress import progress_bar


@click.command("profile")
@click.argument("data", metavar="DATA")
@table_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where to write the profile (default: the data's name with .vdp).",
)
@click.option(
    "--baseline",
    metavar="FILE",
    help="Count under the bins of this profile; without it new ones are fitted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON on stdout.")
def command(
    data: str, output: str | None, baseline: str | None, as_json: bool, **flags: Any
) -> None:
    """Summarise a table into a small file that adds up exactly with others of its baseline.

    Without --baseline the table becomes the reference: bins are fitted on it and kept in the file.
    """
    from vedette.engine.batch import check_fitted, fit_baseline, profile_source
    from vedette.engine.profile_file import SUFFIX, load, save
    from vedette.ingest.source import open_source

    source = open_source(data)
    settings, schema = read_settings(flags), read_schema(flags["schema_file"])
    with progress_bar() as progress:
        if baseline is None:
            fitted = fit_baseline(
                source, settings, schema, workers=flags["workers"], progress=progress
            )
            profile = fitted.profile
        else:
            fitted = load(baseline).baseline
            check_fitted(fitted, settings, schema)
            profile = profile_source(source, fitted, workers=flags["workers"], progress=progress)
    target = output or str(
        Path(source.name.split(" (")[0].replace("*", "all")).with_suffix(SUFFIX).name
    )
    save(target, fitted, profile)
    summarise(target, fitted, profile, as_json)


def summarise(target: str, baseline: Any, profile: Any, as_json: bool) -> None:
    """Say what a profile holds."""
    import json

    from vedette.core.words import count, plural
    from vedette.engine.document import plain, side_document

    if as_json:
        columns = {
            name: side_document(cell) for (name, seg), cell in profile.cells.items() if not seg
        }
        document = {
            "file": target,
            "rows": profile.rows,
            "binning_id": profile.binning_id,
            "columns": columns,
            "segments": {name: list(values) for name, values in baseline.segments.items()},
            "joint": [list(pair) for pair in profile.joints],
            "ignored": dict(baseline.excluded),
        }
        click.echo(json.dumps(plain(document), indent=2, ensure_ascii=False))
        return
    size = Path(target).stat().st_size
    click.echo(
        f"{target}: {plural(profile.rows, 'row')}, {plural(len(baseline.columns), 'column')}"
        f", {count(size)} bytes, binning {profile.binning_id[:8]}"
    )
    for name, why in baseline.excluded.items():
        click.echo(f"  left out {name}: {why}", err=True)
