"""Taking events, labels, twins and readings in, and rows to be scored.

Owns: reading a body no further than the limits, decoding it, handing it over, the answer.  Does not
own: formats (`ingest.body`), durability (`engine.service`).

This path is plain ASGI: at thousands of single events a second every layer would be felt.
"""

import asyncio
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from vedette.core.errors import VedetteError
from vedette.engine.gate import FEW, Gate
from vedette.engine.live import REJECT
from vedette.ingest.body import decode, decode_labels, decode_metrics, decode_rows, decode_twins
from vedette.ingest.decoded import Decoded
from vedette.ingest.limits import Limits
from vedette.ingest.plain import as_events
from vedette.ingest.receipt import Busy, Receipt
from vedette.ingest.together import Waiting, begin, finish
from vedette.web.answers import (
    Answer,
    Problem,
    error_answer,
    header,
    json_answer,
    problem_of,
    send_answer,
)
from vedette.web.backing import Service
from vedette.web.guard import permit
from vedette.web.keys import INGEST
from vedette.web.scoring import Scores
from vedette.web.turns import Turns

PREFIX = "/v1/models/"
SCORE = "score"  # what is asked of rows that nothing is stored of
READERS: Mapping[str, Callable[..., Decoded]] = {
    "events": decode, "labels": decode_labels, "twins": decode_twins, "metrics": decode_metrics,
    SCORE: decode_rows,
}  # fmt: skip
INLINE_BYTES = 64 << 10  # decoded on the spot; a larger body must not hold the others up
PENDING_BYTES = 256 << 20  # of bodies being read or decoded
DECODING = 2  # large bodies at once: each may need several times its expanded size
IDLE_S = 15.0  # the longest pause in the middle of a body
PASSED_OVER = 8  # times the limit: what is read of a body that is too large before it is refused
PASSING_S = 1.0  # the longest pause in what is read and not kept
LISTED = 1_000  # refused events named in an answer
SINGLE = ("application/json", "")  # content types of events that may be joined
LONGEST_NAME = 128  # characters of a model's name


class Intake:
    """Events, labels, twins, readings, rows to score; all else goes on to the other app."""

    def __init__(
        self,
        app: Any,
        service: Service,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        wall: Callable[[], int] = time.time_ns,
        idle_s: float = IDLE_S,
    ) -> None:
        self._app, self._service, self._limits = app, service, limits
        self._wall, self._idle_s = wall, idle_s
        self._pending = 0
        self._singles: Turns[Waiting, Decoded] = Turns(finish)
        self._scores = Scores()
        self._decoding = asyncio.Semaphore(DECODING)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a POST of events, labels, twins, readings, or rows to score."""
        target = _target(scope)
        if target is None:
            await self._app(scope, receive, send)
            return
        answer: Answer | None
        held = [0]
        try:
            answer = await self._taken(scope, receive, *target, held)
        except (VedetteError, Problem) as error:
            answer = error_answer(problem_of(error))
            if answer.status in (408, 413):
                answer.headers.append((b"connection", b"close"))  # the rest is not read
        finally:
            self._pending -= held[0]
        if answer is not None:
            await send_answer(send, answer)

    async def _taken(
        self, scope: Any, receive: Any, model: str, kind: str, held: list[int]
    ) -> Answer | None:
        if scope["method"] != "POST":
            raise Problem(405, "wrong_method", "Send a POST.", None, [(b"allow", b"POST")])
        if not is_model_name(model):
            raise Problem(
                400, "wrong_model", f"A model's name has 1 to {LONGEST_NAME} characters, no '/' and"
                " none that is invisible among them, and is not '.' or '..'.",
                "model",
            )  # fmt: skip
        permit(scope["state"]["caller"], INGEST, model)
        if kind == SCORE:
            return await self._scored(scope, receive, model, held)
        self._service.admit()  # a body that will not be taken is neither read nor decoded
        body = await self._body(scope, receive, held)
        if body is None:
            return None  # the sender went away
        gate = self._service.gate_of(model) if kind == "events" else None
        decoded = await self._decoded(scope, model, kind, body)
        sent = decoded
        if gate is not None:
            decoded = await self._passed(gate, decoded)
        elif kind == "metrics":
            decoded = self._service.metric_names(model).passed(decoded)
        lost = header(scope, b"vedette-client-dropped")
        if lost.isascii() and lost.isdigit():
            decoded = replace(decoded, dropped_by_client=min(int(lost), 2**53))
        whole = gate is not None and gate.enforce == REJECT and decoded.rows is not sent.rows
        return answer_of(await self._service.submit(model, decoded), decoded, whole=whole)

    async def _scored(self, scope: Any, receive: Any, model: str, held: list[int]) -> Answer | None:
        """Say how unlike the reference rows are; nothing of them is stored."""
        scoring = self._service.scoring_of(model)
        if scoring is None:
            raise Problem(404, "not_scored", self._service.why_not_scored(model), "model")
        body = await self._body(scope, receive, held)
        if body is None:
            return None
        return await self._scores.of(scoring, await self._decoded(scope, model, SCORE, body))

    async def _passed(self, gate: Gate, decoded: Decoded) -> Decoded:
        """What of a body may come in; many rows are judged beside the loop."""
        if decoded.rows is None or decoded.rows.num_rows <= FEW:
            return gate.passed(decoded)
        async with self._decoding:
            return await asyncio.to_thread(gate.passed, decoded)

    async def _body(self, scope: Any, receive: Any, held: list[int]) -> bytes | None:
        limit = self._limits.body
        said = header(scope, b"content-length")
        if said.isdigit() and int(said) > limit:
            await self._pass_over(receive)
            raise _too_large(limit)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._heard(receive)
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                if message.get("more_body", False):
                    await self._pass_over(receive)
                raise _too_large(limit)
            self._hold(len(piece), held)
            pieces.append(piece)
            if not message.get("more_body", False):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _pass_over(self, receive: Any) -> None:
        """Read on for a while and keep nothing: who is hung up on while sending hears no reason."""
        left = PASSED_OVER * self._limits.body
        while left > 0:
            try:
                async with asyncio.timeout(PASSING_S):
                    message = await receive()
            except TimeoutError:
                return  # it waits for the answer
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return
            left -= len(message.get("body", b""))

    async def _heard(self, receive: Any) -> Any:
        try:
            async with asyncio.timeout(self._idle_s):
                return await receive()
        except TimeoutError:
            raise Problem(408, "too_slow", f"Nothing came for {self._idle_s:g} s.") from None

    def _hold(self, size: int, held: list[int]) -> None:
        if self._pending + size > PENDING_BYTES:
            raise Busy(1.0, "too many bodies are on their way")
        self._pending += size
        held[0] += size

    async def _decoded(self, scope: Any, model: str, kind: str, body: bytes) -> Decoded:
        content_type = header(scope, b"content-type")
        encoding = header(scope, b"content-encoding")
        given: dict[str, Any] = {"model": model, "received": self._wall(), "limits": self._limits}
        small = len(body) <= INLINE_BYTES and not encoding
        if kind in ("events", SCORE):
            given["schema"] = self._service.schema_of(model)
            if small and content_type in SINGLE:
                sent = as_events(body, content_type) if kind == SCORE else body
                found = begin(sent, **given)
                if isinstance(found, Decoded):
                    return found
                key = (model, found.shape, id(found.context.schema))
                return await self._singles.join(key, found)
        reader = READERS[kind]
        given |= {"content_type": content_type, "content_encoding": encoding}
        given["names"] = _names(scope["query_string"])
        if small:
            return reader(body, **given)
        async with self._decoding:
            return await asyncio.to_thread(reader, body, **given)


def is_model_name(text: str) -> bool:
    """Whether a model may be called so: shown on one line as it is, and a part of a path.

    Bounds: no control and no format characters (those that turn text round among them).

    Example:
        >>> [is_model_name(name) for name in ("fraud v2", "..", "a/b", "a\\u202eb", "a\\x00", "")]
        [True, False, False, False, False, False]
    """
    if not 1 <= len(text) <= LONGEST_NAME or text in (".", "..") or "/" in text:
        return False
    if text.isascii():
        return text.isprintable()
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return not any(unicodedata.category(one) in hidden for one in text)


def answer_of(receipt: Receipt, decoded: Decoded, *, whole: bool = False) -> Answer:
    """What a sender hears: 200, 400 when every one of its events was refused, 422 when the body was
    as a `whole`, for those that are named.
    """
    rejected = [
        {"row": bad.row, "id": bad.id, "reason": bad.reason} for bad in decoded.rejected[:LISTED]
    ]
    said: dict[str, Any] = {
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "rejected": rejected,
        "rejected_count": len(decoded.rejected),
    }
    nothing = all(rows is None for _, rows in decoded.kinds)
    if nothing and decoded.rejected:
        first = decoded.rejected[0]
        said["error"] = {
            "code": "breaks_schema" if whole else "all_rejected",
            "message": f"event {first.row}: {first.reason}",
            "field": None,
        }
        return json_answer(said, 422 if whole else 400)
    return json_answer(said)


def _target(scope: Mapping[str, Any]) -> tuple[str, str] | None:
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    if not path.startswith(PREFIX):
        return None
    model, _, kind = path[len(PREFIX) :].rpartition("/")
    return (model, kind) if kind in READERS else None


def _names(query: bytes) -> dict[str, str]:
    if not query:
        return {}
    try:
        return dict(parse_qsl(query.decode("latin-1"), max_num_fields=32))
    except ValueError:
        raise Problem(400, "wrong_query", "There are too many query parameters.") from None


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"A body has at most {limit} bytes; send smaller batches.")
