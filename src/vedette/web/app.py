"""The HTTP application.

Owns: building it from the table of routes.  Does not own: what routes do, the socket
(`web.serving`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from inspect import iscoroutinefunction
from types import MappingProxyType
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as StarletteRoute

from vedette.core.errors import VedetteError
from vedette.engine.live import LiveSettings
from vedette.export.series.book import Book
from vedette.ingest.limits import Limits
from vedette.web import acts, api, assets, cloudevents, live, manage, prometheus, schema
from vedette.web.answers import Answer, Problem, Streamed, error_answer, problem_of
from vedette.web.backing import Service
from vedette.web.bodies import Bodies
from vedette.web.call import Call
from vedette.web.charts import catalog
from vedette.web.charts import incident as incident_charts
from vedette.web.foreign import Foreign
from vedette.web.guard import Guard, permit
from vedette.web.intake import Intake
from vedette.web.keys import EVERYTHING, KeyRing
from vedette.web.memo import Memo
from vedette.web.pages import (
    anomalies,
    column,
    events,
    fairness,
    incident,
    login,
    model,
    model_settings,
    overview,
    page,
    quarantine,
    settings,
    skew,
    status,
)
from vedette.web.pages import (
    schema as schema_page,
)
from vedette.web.pages import (
    service as service_page,
)
from vedette.web.pulse import Pulse
from vedette.web.routes import OPEN, ROUTES, Route
from vedette.web.tools import Tools

QUERIES = 4  # of Prometheus' kind at once: each may need a core and hundreds of megabytes
FORM_BYTES = 64 << 10  # of a body that is not events or labels
# Answered by `web.intake` before any routing.
SENT = (
    "send_events", "send_labels", "send_twins", "send_metrics", "score_rows",
    "send_traces", "send_otlp_metrics", "send_logs",
    "send_cloudevents", "send_sides",
)  # fmt: skip
PACKED_BYTES = 2_000  # from which a page is sent compressed
PAGES = (
    overview, model, service_page, anomalies, fairness, skew, column, incident, events, quarantine,
    status,
    login, settings, model_settings, schema_page,
)  # fmt: skip
API = (
    api, acts, assets, catalog, incident_charts, cloudevents, live, manage, prometheus, schema,
)  # fmt: skip
Handler = Callable[[Call], Answer] | Callable[[Call], Awaitable[Answer | Streamed]]


def make_app(
    service: Service,
    settings: LiveSettings,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    wall: Callable[[], int] = time.time_ns,
    tools: Tools | None = None,
) -> Starlette:
    """Build the application of a server.

    Shapes: `wall` gives UTC nanoseconds; `tools` are what the composition root lends.
    """
    ring, pulse = KeyRing(service.store, wall=wall), Pulse(service)
    shared = {
        "service": service, "settings": settings, "ring": ring, "pulse": pulse, "memo": Memo(),
        "book": Book(service.store, service.model), "now": wall, "tools": tools or Tools(),
    }  # fmt: skip
    asking = asyncio.Semaphore(QUERIES)
    routes = [
        StarletteRoute(_pattern(route), _endpoint(route, shared, asking), methods=[route.method])
        for route in ROUTES
        if route.handler not in SENT
    ]
    host, url = settings.server.host, settings.server.url
    bodies = Bodies(limits, wall=wall)
    foreign = Foreign(service, bodies)
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, ring=ring, host=host, url=url),
            Middleware(Intake, service=service, bodies=bodies, foreign=foreign),
            Middleware(GZipMiddleware, minimum_size=PACKED_BYTES, compresslevel=4),
        ],
        exception_handlers={HTTPException: _not_routed, Exception: _failed},
    )
    app.state.book = shared["book"]  # what is pushed comes from it, too
    app.state.pulse = pulse  # to be ended before the server waits for its connections
    # For what listens beside HTTP.
    app.state.ring, app.state.bodies, app.state.foreign = ring, bodies, foreign
    return app


def _pattern(route: Route) -> str:
    """The path as the router reads it: the id of an event is its sender's, and may hold a slash."""
    return route.path.replace("{event}", "{event:path}")


def handlers() -> Mapping[str, Handler]:
    """The function of every route but those of ingest.

    Example:
        >>> set(handlers()) == {route.handler for route in ROUTES} - set(SENT)
        True
    """
    found = {
        route.handler: getattr(module, route.handler)
        for route in ROUTES
        for module in (*API, *PAGES)
        if getattr(getattr(module, route.handler, None), "__module__", "") == module.__name__
    }
    return MappingProxyType(found)


def _endpoint(route: Route, shared: Mapping[str, Any], asking: asyncio.Semaphore) -> Any:
    handler: Any = handlers()[route.handler]
    waits = asking if route.handler.startswith("prom_query") else nullcontext()

    async def endpoint(request: Request) -> Response:
        try:
            answer = await _answered(request)
        except (VedetteError, Problem) as error:
            answer = _told(problem_of(error), route, request)
        headers = {key.decode(): value.decode("latin-1") for key, value in answer.headers}
        if isinstance(answer, Streamed):
            return StreamingResponse(answer.pieces, headers=headers)
        return Response(answer.body, answer.status, headers)

    async def _answered(request: Request) -> Answer | Streamed:
        caller = request.scope["state"]["caller"]
        if route.scope != OPEN:
            permit(caller, route.scope, request.path_params.get("model"))
        call = Call(
            **shared,
            route=route,
            caller=caller,
            path=request.path_params,
            pairs=tuple(request.query_params.multi_items()),
            scope=request.scope,
            body=await _body(request) if route.method == "POST" else b"",
        )
        if iscoroutinefunction(handler):
            answer: Answer | Streamed = await handler(call)
            return answer
        async with waits:  # no thread is kept waiting: pages need them
            return await run_in_threadpool(handler, call)

    return endpoint


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES:
            raise Problem(413, "too_large", f"This body has at most {FORM_BYTES} bytes.")
    return body


def _told(problem: Problem, route: Route, request: Request) -> Answer:
    if route.kind != "text/html":
        return error_answer(problem)
    if problem.status == 401:
        path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
        to = f"{path}?{query}" if query else path
        is_way_in = route.method != "GET" or to == "/"
        return page.away("/login" if is_way_in else page.address("/login", to=to))
    caller = request.scope["state"]["caller"]
    return page.problem_page(problem, keyed=caller not in (None, EVERYTHING))


async def _not_routed(request: Request, error: Exception) -> Response:
    """A path or a method that no route has."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "no_such_path", 405: "wrong_method"}.get(status, "wrong_request")
    message = {404: "There is nothing here.", 405: "This path takes another method."}.get(status)
    return _plain(request, Problem(status, code, message or "This request cannot be answered."))


async def _failed(request: Request, error: Exception) -> Response:
    """What nobody foresaw: told without details; the server's log has them."""
    return _plain(request, Problem(500, "failed", "The server failed; its log says why."))


def _plain(request: Request, problem: Problem) -> Response:
    """What to tell where no route says of which kind its answers are: a browser asks for a page."""
    is_browser = "text/html" in request.headers.get("accept", "")
    answer = page.problem_page(problem) if is_browser else error_answer(problem)
    kind = "text/html" if is_browser else "application/json"
    return Response(answer.body, problem.status, media_type=kind)
