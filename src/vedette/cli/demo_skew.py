"""What serving logged of the demo's flights, held against what training saw of them.

Owns: the two tables, showing what differs row by row.  Does not own: the comparison
(`engine.skew`), the flights (`cli.flights`).
"""

from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vedette.cli.flights import months, with_faults

KEY = "flight"
LOST = 0.01  # share of flights of which serving logged nothing


def show(year: pa.Table, folder: Path) -> None:
    """Write both tables as Parquet, compare them by key, print what differs and write the report.

    Errors: those of the comparison.
    """
    from vedette.engine.skew.keyed.compare import skew

    training, serving = _written(year, folder)
    title = "The same flights as training saw them, and as serving logged them"
    click.echo(f"\n{title}\n{'-' * len(title)}")
    click.echo(f"$ vedette skew {training} {serving} --key {KEY}")
    found = skew(training, serving, key=KEY)
    click.echo(str(found))
    report = folder / "skew.html"
    found.to_html(report)
    click.echo(f"report: {report.resolve()}")


def _written(year: pa.Table, folder: Path) -> tuple[Path, Path]:
    """January to March twice: as they were, and shuffled, some lost, one carrier in kilometres."""
    winter = months(year, 1, 3)
    names = pa.array([f"{at:06d}" for at in range(len(winter))])
    winter = winter.append_column(KEY, names)
    order = np.random.default_rng(2013).permutation(len(winter))
    logged = winter.take(order[int(LOST * len(winter)) :])
    sides = folder / "training.parquet", folder / "serving.parquet"
    for path, table in zip(sides, (winter, with_faults(logged, no_visib=None)), strict=True):
        pq.write_table(table, path)
    return sides
