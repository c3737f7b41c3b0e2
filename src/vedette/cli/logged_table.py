"""What a server logged of a model, as a table for commands that read tables.

Owns: the flags that name it, which of its columns are read.  Does not own: reading the log
(`engine.logged`), opening the folder (`cli.live_options`).
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vedette.cli.live_options import data_option, opened

if TYPE_CHECKING:
    import pyarrow as pa

F = TypeVar("F", bound=Callable[..., Any])


def logged_options(command: F) -> F:
    """Add `--model`, `--data`, `--start` and `--end`."""
    flags = (
        click.option(
            "--model", metavar="NAME", help="Read what a server logged of this model, not DATA."
        ),
        data_option,
        click.option(
            "--start",
            metavar="TIME",
            help="With --model: from this event time on.",
        ),
        click.option("--end", metavar="TIME", help="With --model: up to this event time."),
    )
    for flag in reversed(flags):
        command = flag(command)
    return command


def logged_table(
    folder: str,
    model: str,
    start: str | None,
    end: str | None,
    used: Collection[str],
    *,
    whole: bool,
) -> "pa.Table":
    """The events of a model with the labels that came, in the order of the log.

    Shapes: `used` are columns that are asked for, `whole` reads every feature as well.  Columns
    that hold nothing are left out, as if nobody had sent them.
    Errors: UsageError without a folder, or without events; StoreError.
    """
    from vedette.core import rows
    from vedette.core.windows import parse_instant
    from vedette.engine.logged import logged

    span = (
        parse_instant(start, "--start") if start else None,
        parse_instant(end, "--end") if end else None,
    )
    always = (rows.TIME, rows.PREDICTION, rows.SCORE)
    names = None if whole else [*dict.fromkeys((*always, *used))]
    with opened(folder, readonly=True) as (log, _):
        table = logged(log, model, *span, names)
    own = {*rows.SYSTEM, *rows.SERVING}.difference(always, used)
    kept = [
        name
        for name in table.column_names
        if name not in own and table.column(name).null_count < table.num_rows
    ]
    return table.select(kept)
