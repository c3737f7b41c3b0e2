"""`vedette skew OFFLINE ONLINE [--key ID]`."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.options import html_option, json_option, junit_option, split_pair
from vedette.cli.progress import progress_bar
from vedette.cli.skew_feast import feast_sides, told_by_feast
from vedette.cli.skew_model import MODEL_FLAGS, model_options
from vedette.cli.skew_unkeyed import unkeyed
from vedette.core.words import plural

if TYPE_CHECKING:
    from vedette.engine.skew.keyed.result import Skew


@click.command("skew")
@click.argument("tables", metavar="OFFLINE ONLINE", nargs=-1)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="COLUMN",
    help="Column by which rows are joined (repeatable); 17, 17.0 and '17' are one.",
)
@click.option(
    "--time",
    metavar="COLUMN",
    help="Hold a serving row against the latest training row of its key that is not after it.",
)
@click.option(
    "--within", metavar="SPAN", help="How old that training row may be, like 1h (default: any)."
)
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="X | COLUMN=abs:X | COLUMN=rel:X",
    help="How far numbers may lie apart: relative, for all columns of floats (default 1e-6), or by"
    " column.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="ONLINE=OFFLINE",
    help="What a serving column is called in training (repeatable).",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="COLUMN",
    help="Compare this column (repeatable; default: all that both have).",
)
@click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="Leave a column out (wildcards work)."
)
@click.option(
    "--segment",
    "segments",
    multiple=True,
    metavar="COLUMN",
    help="Count mismatches inside every value of this training column, too (repeatable).",
)
@click.option(
    "--max-mismatch",
    type=float,
    default=0.001,
    metavar="P",
    show_default=True,
    help="Share of rows in which a column may differ.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["skip", "first", "last"]),
    default="skip",
    show_default=True,
    help="What is done with training rows of one key that disagree.",
)
@click.option(
    "--examples",
    type=click.IntRange(0, 1000),
    default=0,
    metavar="N",
    help="Show so many differing rows per column, with their values (default: none).",
)
@click.option(
    "--memory",
    default="2GB",
    metavar="SIZE",
    show_default=True,
    help="What the join may take; the rest is put in a temporary folder.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Threads (default: two; one that calls a model).",
)
@model_options
@json_option
@html_option
@junit_option("column")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    tables: tuple[str, ...],
    as_json: bool,
    html: str | None,
    junit: str | None,
    model: str | None,
    **flags: Any,
) -> None:
    """Say where serving sees other values than training, and why.

    OFFLINE and ONLINE are paths, globs or folders of Parquet, CSV, JSON lines or Arrow files.  With
    --key they hold the same rows, as training and as serving saw them, and are compared row by row;
    a historical retrieval and the serving log of Feast are known by their columns, and need no key.
    Without one they are compared as tables: distributions, columns, and traits such as decimals.

    With --model the rows of ONLINE are put through a model again: does it say what was served?
    With OFFLINE and --key as well: which features are to blame if not?
    """
    _fitting(ctx, model)
    if model:
        from vedette.cli.skew_model import show, with_model

        replayed = with_model(
            tables, model=model, key=flags["keys"], tolerance=_tolerances(flags["tolerances"]),
            max_mismatch=flags["max_mismatch"], workers=flags["workers"],
            **{name: flags[name] for name in MODEL_FLAGS},
        )  # fmt: skip
        show(replayed, as_json=as_json)
        ctx.exit(0 if replayed.ok else 1)
    if len(tables) != 2:
        raise click.UsageError(
            f"wanted OFFLINE and ONLINE, or --model; got {plural(len(tables), 'table')}"
        )
    feast = None if flags["keys"] else feast_sides(*tables)
    if not flags["keys"] and feast is None:
        ctx.exit(unkeyed(ctx, tables[0], tables[1], as_json=as_json, html=html))
    sides = tables if feast is None else (feast.offline, feast.online)
    found = _compared(sides, flags, () if feast is None else (*feast.key, feast.time))
    words = [] if feast is None else told_by_feast(feast)
    if html:
        found.to_html(html)
    if junit:
        found.to_junit(junit)
    if as_json:
        click.echo(_json(found, words))
    else:
        _show(found, words)
        for path in (html, junit):
            if path:
                click.echo(f"wrote {path}", err=True)
    ctx.exit(0 if found.ok else 1)


def _compared(sides: tuple[Any, ...], flags: Mapping[str, Any], key: tuple[str, ...]) -> "Skew":
    """The comparison row by row; `key` is used where none was named."""
    from vedette.engine.skew.keyed.asked import make_asked
    from vedette.engine.skew.keyed.compare import run

    asked = make_asked(
        flags["keys"] or key,
        time=flags["time"],
        within=flags["within"],
        tolerance=_tolerances(flags["tolerances"]),
        names=dict(split_pair(text, "--map") for text in flags["maps"]),
        columns=flags["columns"],
        ignore=flags["ignore"],
        segments=flags["segments"],
        max_mismatch=flags["max_mismatch"],
        duplicates=flags["duplicates"],
        examples=flags["examples"],
        memory=flags["memory"],
        threads=flags["workers"],
    )
    with progress_bar() as progress:
        return run(sides[0], sides[1], asked, progress)


def _json(found: "Skew", feast: list[dict[str, Any]]) -> str:
    if not feast:
        return found.to_json()
    made = found.to_dict() | {"feast": feast}
    return json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False)


def _show(found: "Skew", feast: list[dict[str, Any]]) -> None:
    from rich.console import Console

    from vedette.report.skew import render_skew

    if sys.stdout is not None:  # closed by the caller
        sys.stdout.flush()
    render_skew(found.to_dict(), Console())
    if feast:
        click.echo("\nBy Feast's own word:")
        for one in feast:
            click.echo(f"  {one['statement']}")


def _fitting(ctx: click.Context, model: str | None) -> None:
    """Refuse flags that mean nothing with, or without, a model."""
    common = {"tables", "model", "keys", "tolerances", "max_mismatch", "workers", "as_json"}
    for one in ctx.command.params:
        name = one.name or ""
        told = ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if not told or name in common or (name in MODEL_FLAGS) == bool(model):
            continue
        flag = one.opts[0]
        raise click.UsageError(
            f"{flag} means nothing with --model" if model else f"{flag} goes with --model"
        )


def _tolerances(given: tuple[str, ...]) -> dict[str, str]:
    """By column; "" is all columns of floats.  Several of one column hold together."""
    found: dict[str, str] = {}
    for text in given:
        name, value = split_pair(text, "--tolerance") if "=" in text else ("", text)
        found[name] = f"{found[name]},{value}" if name in found else value
    return found
