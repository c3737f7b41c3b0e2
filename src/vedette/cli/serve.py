"""`vedette serve`: the composition root of the live server.

Owns: putting stores, service, notification and HTTP together, and taking them down in order.
"""

import logging
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.live_options import FOLDER, config_option, data_option, opened, read_live

if TYPE_CHECKING:
    from vedette.engine.live import LiveSettings

TELLER_S = 3.0  # how long a message under way may hold up the end


@click.command("serve")
@data_option
@config_option
@click.option("--host", metavar="H", help="Where to listen (default 127.0.0.1).")
@click.option("--port", type=int, metavar="N", help="Port (default 8642; 0 for any).")
@click.option("--url", metavar="URL", help="How people reach it, for links in messages.")
@click.option("--until-eof", is_flag=True, hidden=True, help="End when standard input does.")
def command(
    data: str,
    config: str | None,
    host: str | None,
    port: int | None,
    url: str | None,
    until_eof: bool,
) -> None:
    """Watch live models: take events in, raise budgeted alarms, tell people.

    Everything it keeps is under --data.  It listens on this machine alone unless told otherwise,
    and then only with an API key (`vedette keys create`).
    """
    settings = read_live(config, host=host, port=port, url=url)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with ExitStack() as stack:
        run(data, settings, stack, config=config, until_eof=until_eof)


def run(
    data: str,
    settings: "LiveSettings",
    stack: ExitStack,
    *,
    config: str | None = None,
    until_eof: bool = False,
) -> None:
    """Serve until told to stop; `until_eof`: or until whoever started us is gone."""
    from vedette.alerts.notify.deliver import Deliverer
    from vedette.engine.importer import Importer
    from vedette.engine.scraper import Scraper
    from vedette.engine.service import Service
    from vedette.engine.trials import Trials
    from vedette.engine.wall import Wall
    from vedette.export.push.pusher import Pusher
    from vedette.export.recorder import Recorder
    from vedette.stores.memory import MemoryState
    from vedette.web.app import make_app
    from vedette.web.keys import KeyRing, check_bind
    from vedette.web.tools import Tools

    log, state = stack.enter_context(opened(data, make=True))
    for problem in log.problems():
        click.echo(f"vedette: {problem}", err=True)
    own = data if data != FOLDER else ""
    check_bind(settings.server.host, list(KeyRing(state).keys().values()), own)
    listeners = [_listen(settings.server.host, settings.server.port)]
    if settings.otlp.http_port:
        listeners.append(_listen(settings.server.host, settings.otlp.http_port))
    for listener in listeners:
        stack.callback(listener.close)
    address = _address(listeners[0])
    settings = _reached(settings, address)
    clock = Wall(last=_last_moment(state))
    service = Service(log, state, settings, clock)
    service.start()
    stack.callback(service.stop)
    stop = threading.Event()
    deliverer = Deliverer(
        state,
        settings.channels,
        routes=settings.routes,
        link_base=settings.server.url,
        allow_private=settings.server.allow_private,
        clock=clock,
        draw=lambda message: _picture(state, message.incident),
        fault=service.guard.fault,
    )
    teller = threading.Thread(target=deliverer.run, args=(stop,), name="vedette-notify")
    teller.daemon = True
    teller.start()
    stack.callback(teller.join, TELLER_S)  # before the stores close under it
    stack.callback(stop.set)
    scraper = Scraper(
        settings.scrape, service.offer, service.metric_names, state, clock, service.guard
    )
    scraper.start()
    stack.callback(scraper.stop)  # before the service, which what it found goes to
    importer = Importer(settings.imports, service, state)
    importer.start()
    stack.callback(importer.stop)  # before the service, which what it read goes to
    trials = Trials(log, state, settings, MemoryState, service.guard)
    stack.callback(trials.stop)
    tools = Tools(
        trials, deliverer.test, scraper.documents, _flags(data, config), imports=importer.documents
    )
    app = make_app(service, settings, wall=clock, tools=tools)
    recorder = Recorder(app.state.book.own, service.gauges, clock, service.guard)
    recorder.start()
    stack.callback(recorder.stop)
    if settings.push:
        pusher = Pusher(settings.push, app.state.book, service.guard, state)
        pusher.start()
        stack.callback(pusher.stop)
    click.echo(f"data in {Path(data).resolve()}", err=True)

    def ready() -> None:
        click.echo(f"listening on {address}", err=True)

    _serve(app, settings, listeners, ready, until_eof)
    click.echo("stopping: finishing what was accepted", err=True)


def _flags(data: str, config: str | None) -> str:
    """What a command is told so that it finds this server's data and settings."""
    own = ["--data", data] if data != FOLDER else []
    return shlex.join([*own, *(["--config", config] if config else [])])


def _reached(settings: "LiveSettings", address: str) -> "LiveSettings":
    """The settings with where people reach the server, so that every link begins alike."""
    from msgspec.structs import replace

    if settings.server.url:
        return settings
    return replace(settings, server=replace(settings.server, url=address))


def _picture(state: Any, identity: str) -> bytes | None:
    """An incident's leading column before and after, for channels that take a picture."""
    from vedette.engine.change import change_document
    from vedette.report.figures.change import change
    from vedette.report.figures.figure import as_png
    from vedette.web.lookup import incident

    found = incident(state, identity)
    document = change_document(state, found) if found is not None else None
    return as_png(change(document)) if document is not None else None


def _serve(
    app: Any,
    settings: "LiveSettings",
    listeners: list[socket.socket],
    ready: Callable[[], None],
    until_eof: bool,
) -> None:
    import asyncio

    import uvicorn

    from vedette.web.serving import server_config

    server = uvicorn.Server(server_config(app, settings.server.host, settings.server.port))

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def leave() -> None:
            app.state.pulse.end()
            server.should_exit = True

        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, leave)
        if until_eof:
            _at_eof(lambda: loop.call_soon_threadsafe(leave))
        grpc = await _grpc(app, settings)
        task = loop.create_task(server.serve(sockets=listeners))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        ready()
        await task
        if grpc is not None:
            await grpc.stop()

    _loop_runner()(main())


async def _grpc(app: Any, settings: "LiveSettings") -> Any:
    """What listens for OTLP over gRPC; None where nothing is to."""
    if not settings.otlp.grpc_port:
        return None
    from vedette.web.otlp_grpc import GrpcListener

    state = app.state
    listener = GrpcListener(state.foreign, state.bodies, state.ring, settings.server.host)
    await listener.start(settings.otlp.grpc_port)
    return listener


def _at_eof(leave: Callable[[], object]) -> None:
    """Leave when standard input ends, as it does when the process that holds it does."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        leave()

    threading.Thread(target=wait, name="vedette-eof", daemon=True).start()


def _loop_runner() -> Any:
    try:
        import uvloop
    except ImportError:
        import asyncio

        return asyncio.run
    return uvloop.run


def _listen(host: str, port: int) -> socket.socket:
    from vedette.core.errors import SettingsError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"address {host}:{port}", "cannot be listened on", got=error.strerror,
            hint="another server may be there: choose another --port",
        ) from None  # fmt: skip
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _last_moment(state: Any) -> int:
    """The newest moment that the state knows: time does not go back over a restart."""
    newest = state.read("snapshot", newest_first=True, limit=1)
    return int(newest[0].time) if newest else 0
