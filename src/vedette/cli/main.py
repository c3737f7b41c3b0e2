"""The `vedette` command.

Owns: the list of commands, loading each only when it is called, turning errors into one sentence
and exit code 2.
Exit codes: 0 fine, 1 findings that matter, 2 wrong use or broken input.
"""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from types import MappingProxyType

import click

from vedette.core.errors import VedetteError, nearest
from vedette.core.version import __version__

# command: (module, one line of help); the module's `command` is loaded when it is called
COMMANDS = MappingProxyType(
    {
        "compare": ("compare", "Compare two tables: what changed, by how much, does it matter."),
        "estimate": ("estimate", "Estimate how well a model does before its labels are known."),
        "fairness": ("fairness", "Say whether a model treats groups alike, as far as can be told."),
        "skew": ("skew", "Say where serving sees other values than training, row by row, and why."),
        "outliers": ("outliers", "Say which rows are unlike a reference, and why."),
        "profile": ("profile", "Summarise a table into a small file that adds up with others."),
        "merge": ("merge", "Add profiles of one baseline."),
        "schema": ("schema", "Guess a schema, check tables against it, say what changed."),
        "serve": ("serve", "Watch live models: take events in, raise alarms, tell people."),
        "import": ("importing", "Hand what other systems wrote into files to a running server."),
        "scrape": ("scrape", "Show what would be read of a server's metrics."),
        "explain": (
            "explain",
            "Say why an incident is harmful, or benign.",
        ),
        "replay": ("replay", "Run an incident again from the log, to the same numbers."),
        "backtest": ("backtest", "Show what other settings would have raised, and when."),
        "notify": ("notify", "Try the channels over which people are told."),
        "export": (
            "export",
            "Write dashboards, rules and series for Grafana, Prometheus.",
        ),
        "retention": ("retention", "Show what retention would remove."),
        "keys": ("keys", "Make, list and revoke API keys."),
        "demo": ("demo", "Find faults planted in the New York flights of 2013."),
    }
)


COLLECT_AFTER = 200_000  # objects: a command makes fewer unless it runs for long


class Commands(click.Group):
    """A group whose commands are imported only when they run, so that `--help` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = import_module(f"vedette.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = nearest(args[0], COMMANDS) or f"commands are {', '.join(COMMANDS)}"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="vedette %(version)s")
def vedette() -> None:
    """Stand watch over AI models in production.

    Exit codes: 0 fine, 1 findings that matter, 2 wrong use or broken input.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the terminal cannot spell is no failure
            stream.reconfigure(errors="replace")
    try:
        code = vedette.main(
            list(arguments) if arguments is not None else None, standalone_mode=False
        )
    except click.Abort:
        code = _fail("interrupted")
    except click.ClickException as error:
        message = error.format_message()
        if message.startswith("Usage:"):  # nothing was asked for: how to ask
            click.echo(message, err=True)
            code = 2
        else:
            code = _fail(message)
    except VedetteError as error:
        code = _fail(str(error))
    except BrokenPipeError:  # the reader of our output went away: nothing is wrong
        sys.stderr.close()
        code = 0
    except OSError as error:  # of standard output alone: named files have their own errors
        code = _fail(f"output: cannot be written; got {error.strerror}")
    sys.exit(code or 0)


def _fail(message: str) -> int:
    click.echo(f"vedette: {message}", err=True)
    return 2


def run() -> None:
    """Be the command: `main`, but leave at once.

    Looking for cyclic garbage and taking the interpreter down cost 0.15 s of a comparison of a
    million rows, for memory that ends with the process anyway.  When a command has returned its
    files are closed and its temporary ones removed; only the streams are left to flush.
    """
    gc.set_threshold(COLLECT_AFTER)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # or numpy starts threads for nothing here
    try:
        main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # it is closed, or its reader went away
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    run()
