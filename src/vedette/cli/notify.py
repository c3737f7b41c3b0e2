"""`vedette notify`."""

import click

from vedette.cli.live_options import config_option, data_option, opened_state, read_live


@click.group("notify")
def command() -> None:
    """Channels over which people are told."""


@command.command("list")
@config_option
def list_channels(config: str | None) -> None:
    """Print the channels and the routes that lead to them."""
    settings = read_live(config)
    for name, channel in settings.channels.items():
        routes = sum(name in route.to for route in settings.routes)
        click.echo(f"{name}: {channel.kind}, {routes} of {len(settings.routes)} routes")
    if not settings.channels:
        click.echo("no channels: declare some under `channels` in vedette.yaml")


@command.command("test")
@click.argument("channel")
@config_option
@click.pass_context
def test(ctx: click.Context, /, channel: str, config: str | None) -> None:
    """Send a test message over CHANNEL at once.  Exit code 1 when it does not arrive."""
    from vedette.alerts.notify.deliver import Deliverer
    from vedette.core.errors import UsageError, nearest
    from vedette.stores.memory import MemoryState

    settings = read_live(config)
    if channel not in settings.channels:
        raise UsageError(
            f"channel {channel!r}",
            "is not declared",
            hint=nearest(channel, settings.channels)
            or f"channels are {', '.join(settings.channels) or 'none yet'}",
        )
    deliverer = Deliverer(
        MemoryState(),
        settings.channels,
        routes=settings.routes,
        link_base=settings.server.url,
        allow_private=settings.server.allow_private,
    )
    outcome = deliverer.test(channel)
    click.echo(f"{channel}: {'delivered' if outcome.ok else 'failed'}: {outcome.detail}")
    ctx.exit(0 if outcome.ok else 1)


@command.command("retry")
@click.argument("messages", nargs=-1, metavar="[MESSAGE]...")
@data_option
def retry(messages: tuple[str, ...], data: str) -> None:
    """Try messages again that were given up: those named, or all of them.

    It works beside a running server, which sends them within a second.
    """
    import time

    from vedette.alerts.notify.outbox import Outbox
    from vedette.core.errors import UsageError

    with opened_state(data) as state:
        revived = Outbox(state).revive(time.time_ns(), messages)
    missing = sorted(set(messages) - set(revived))
    if missing:
        raise UsageError(f"message {missing[0]!r}", "is none that was given up")
    many = "message is" if len(revived) == 1 else "messages are"
    click.echo(f"{len(revived)} {many} tried again", err=True)
