"""Taking in bodies of foreign formats, which say themselves whose rows they hold.

Owns: which path is answered by which format, storing rows of several models, what the sender hears
in its own language.  Does not own: formats (`ingest`), reading bodies (`web.bodies`).

A format is one row in `MAKERS`.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from vedette.core.errors import UsageError, VedetteError
from vedette.ingest.decoded import Decoded
from vedette.ingest.foreign import Asked, Kept
from vedette.ingest.receipt import Receipt
from vedette.web import cloudevents, otlp
from vedette.web.answers import Answer, Problem, problem_of, send_answer
from vedette.web.backing import Service
from vedette.web.bodies import INLINE_BYTES, Bodies
from vedette.web.guard import permit
from vedette.web.keys import INGEST, Key
from vedette.web.passing import passed
from vedette.web.ways import Way

# By path, what makes its way for a server; also below a prefix, like `/api/otlp/v1/traces`.
MAKERS: Mapping[str, Callable[[Service], Way]] = {
    "/v1/traces": otlp.traces,
    "/v1/metrics": otlp.metrics,
    "/v1/logs": otlp.logs,
    "/v1/cloudevents": cloudevents.way,
}


def way_of(path: str, method: str, makers: Mapping[str, Any] = MAKERS) -> str:
    """The path in `MAKERS` that a request means; "" for none.

    Below a prefix only what is posted: a model may be called v1, and have metrics.
    Example:
        >>> known = {"/v1/traces": None}
        >>> [way_of(path, "POST", known) for path in ("/v1/traces", "/a/v1/traces", "/traces")]
        ['/v1/traces', '/v1/traces', '']
    """
    if path in makers:
        return path
    if method != "POST":
        return ""
    return next((one for one in makers if path.endswith(one)), "")


class Foreign:
    """Answers posts of foreign formats of one server."""

    def __init__(
        self,
        service: Service,
        bodies: Bodies,
        makers: Mapping[str, Callable[[Service], Way]] = MAKERS,
    ) -> None:
        self._service, self._bodies, self._makers = service, bodies, makers

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        """Every way by its path, made when the first body comes."""
        return {path: make(self._service) for path, make in self._makers.items()}

    def means(self, path: str, method: str) -> str:
        """The way that a request asks for; "" for none."""
        return way_of(path, method, self._makers)

    def admit(self) -> None:
        """Say at once when nothing can be taken in.  Errors: Busy."""
        self._service.admit()

    async def __call__(self, path: str, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request of a way."""
        way = self.ways[path]
        asked = Asked(_headers(scope), self._bodies.wall(), self._bodies.limits, _query(scope))
        held = [0]
        answer: Answer | None = None
        try:
            if scope["method"] != "POST":
                raise Problem(405, "wrong_method", "Send a POST.", None, [(b"allow", b"POST")])
            caller = permit(scope["state"]["caller"], INGEST)
            self.admit()  # a body that will not be taken is neither read nor decoded
            body = await self._bodies.read(scope, receive, held)
            if body is not None:  # the sender did not go away
                answer = way.answer(asked, await self.kept(way, body, asked, caller))
        except (VedetteError, Problem) as error:
            problem = problem_of(error)
            answer = way.refusal(asked, problem)
            if problem.status in (408, 413):
                answer.headers.append((b"connection", b"close"))  # the rest is not read
        finally:
            self._bodies.release(held)
        if answer is not None:
            await send_answer(send, answer)

    async def kept(self, way: Way, body: bytes, asked: Asked, caller: Key) -> Kept:
        """Read a body and make what it holds durable.

        Errors: Refused, Busy, StoreError; then it may be sent again, as ids make it idempotent.
        """
        if len(body) <= INLINE_BYTES and not asked.content_encoding:
            taken = way.read(body, asked)
        else:
            taken = await self._bodies.beside(way.read, body, asked)
        kept = Kept()
        stored = [self._stored(name, one, caller) for name, one in taken.models.items()]
        for part in await asyncio.gather(*stored):
            kept = _sum(kept, part)
        return kept

    async def _stored(self, model: str, decoded: Decoded, caller: Key) -> Kept:
        """Store what is of one model; what its key or the number of models forbids is refused."""
        if not caller.may(INGEST, model or None):  # of no model are only rows that are refused
            return Kept(refused=_count(decoded), why=f"this key does not allow model {model!r}")
        decoded = await passed(self._service, self._bodies, model, decoded, whole=False)
        try:
            receipt: Receipt = await self._service.submit(model, decoded)
        except UsageError as error:  # one model too many
            return Kept(refused=_count(decoded), why=str(error))
        bad = decoded.rejected
        why = f"{bad[0].id or bad[0].row}: {bad[0].reason}" if bad else ""
        return Kept(receipt.accepted, receipt.duplicates, len(bad), why)


def _count(decoded: Decoded) -> int:
    rows = sum(int(part.num_rows) for _, part in decoded.kinds if part is not None)
    return rows + len(decoded.rejected)


def _sum(one: Kept, two: Kept) -> Kept:
    return Kept(
        one.accepted + two.accepted,
        one.duplicates + two.duplicates,
        one.refused + two.refused,
        one.why or two.why,
    )


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


def _query(scope: Mapping[str, Any]) -> str:
    query: bytes = scope["query_string"]
    return query.decode("latin-1")
