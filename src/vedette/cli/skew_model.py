"""`vedette skew … --model`: logged rows through a model again.

Owns: the flags about a model, and asking `prediction_skew`.  Does not own: the command
(`cli.skew`), loading code (`cli.loaded`).
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vedette.cli.live_options import FOLDER, data_option
from vedette.cli.loaded import loaded
from vedette.cli.progress import progress_bar

if TYPE_CHECKING:
    import pyarrow as pa

    from vedette.engine.skew.predictions.result import PredictionSkew

F = TypeVar("F", bound=Callable[..., Any])
# What the flags that go with `--model` are called in `with_model`.
MODEL_FLAGS = (
    "predictions", "features", "form", "positive", "threshold", "data", "model_name", "start",
    "end",
)  # fmt: skip


def model_options(command: F) -> F:
    """Add `--model` and the flags that go with it."""
    flags = (
        click.option(
            "--model",
            metavar="FILE.py:NAME",
            help="Put the served rows through this model again: a callable, or an estimator; "
            "MODULE:NAME works as well.  The code is imported and run.",
        ),
        click.option(
            "--prediction",
            "predictions",
            multiple=True,
            metavar="COLUMN",
            help="With --model: what was served (default: prediction); one for each class.",
        ),
        click.option(
            "--feature",
            "features",
            multiple=True,
            metavar="COLUMN",
            help="With --model: what the model sees, in its order (default: all other columns).",
        ),
        click.option(
            "--form",
            type=click.Choice(("arrow", "pandas", "numpy", "rows")),
            help="With --model: the kind of table that it takes.",
        ),
        click.option(
            "--positive", metavar="CLASS", help="With --model: the class of the served probability."
        ),
        click.option(
            "--threshold",
            type=float,
            metavar="X",
            help="With --model: score from which a row counts as positive.",
        ),
        data_option,
        click.option(
            "--model-name",
            metavar="NAME",
            help="With --model: what a server logged of this model is the served side.",
        ),
        click.option("--start", metavar="TIME", help="With --model-name: from this event time on."),
        click.option("--end", metavar="TIME", help="With --model-name: up to this event time."),
    )
    for flag in reversed(flags):
        command = flag(command)
    return command


def with_model(
    tables: Sequence[str],
    *,
    model: str,
    key: Sequence[str],
    tolerance: Mapping[str, str],
    max_mismatch: float,
    predictions: Sequence[str] = (),
    features: Sequence[str] = (),
    data: str = FOLDER,
    model_name: str | None = None,
    start: str | None = None,
    end: str | None = None,
    **flags: Any,
) -> "PredictionSkew":
    """What `prediction_skew` says of these tables.

    Shapes: `tables` are [OFFLINE] ONLINE, or [OFFLINE] where a server's log is the online side;
    `flags` as keywords of `prediction_skew`: those that are None are left to it.
    Errors: UsageError for another number of tables.
    """
    from vedette.core.errors import UsageError
    from vedette.engine.skew.predictions.made import prediction_skew

    wanted = 0 if model_name else 1
    if not wanted <= len(tables) <= wanted + 1:
        raise UsageError(
            "skew --model", "needs the served rows, and may have the offline ones",
            got=f"{len(tables)} tables", want="[OFFLINE] ONLINE, or [OFFLINE] with --model-name",
        )  # fmt: skip
    online: Any = served(data, model_name, start, end, key) if model_name else tables[-1]
    offline: Any = tables[0] if len(tables) > wanted else None
    asked = {name: value for name, value in flags.items() if value is not None}
    if predictions:
        asked["prediction"] = predictions[0] if len(predictions) == 1 else tuple(predictions)
    with progress_bar() as progress:
        return prediction_skew(
            online, loaded(model), features=features or None, offline=offline,
            key=tuple(key) or None, tolerance=tolerance, max_mismatch=max_mismatch,
            progress=progress, **asked,
        )  # fmt: skip


def served(
    data: str, name: str, start: str | None, end: str | None, key: Sequence[str] = ()
) -> "pa.Table":
    """What a server logged of a model; its ids are the column `id` where that is a key."""
    from vedette.cli.logged_table import logged_table
    from vedette.core import rows

    names = {rows.ID: "id"} if "id" in key else {}
    found = logged_table(data, name, start, end, tuple(names), whole=True)
    if "id" in found.column_names:  # a feature of that name is not the event's id
        return found.drop_columns(list(names)) if names else found
    return found.rename_columns([names.get(one, one) for one in found.column_names])


def show(found: "PredictionSkew", *, as_json: bool) -> None:
    """Print it: for a person, or as JSON alone."""
    if as_json:
        click.echo(found.to_json())
        return
    from rich.console import Console

    from vedette.report.prediction_skew import render_prediction_skew

    if sys.stdout is not None:  # closed by the caller
        sys.stdout.flush()
    render_prediction_skew(found.to_dict(), Console())
