"""Taking events, labels, twins and readings in, and rows to be scored.

Owns: which body belongs to which model, decoding it, handing it over, the answer.  Does not own:
reading bodies (`web.bodies`), those of foreign formats (`web.foreign`), our own (`ingest.body`),
durability (`engine.service`).

This path is plain ASGI: at thousands of single events a second every layer would be felt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from vedette.core.errors import VedetteError
from vedette.core.model_names import LONGEST_NAME, is_model_name
from vedette.engine.model_settings import REJECT
from vedette.ingest.body import (
    decode,
    decode_labels,
    decode_metrics,
    decode_rows,
    decode_sides,
    decode_twins,
)
from vedette.ingest.decoded import Decoded
from vedette.ingest.plain import as_events
from vedette.ingest.receipt import Receipt
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
from vedette.web.bodies import INLINE_BYTES, Bodies
from vedette.web.foreign import Foreign
from vedette.web.guard import permit
from vedette.web.keys import INGEST
from vedette.web.passing import passed
from vedette.web.scoring import Scores
from vedette.web.turns import Turns

PREFIX = "/v1/models/"
SCORE = "score"  # what is asked of rows that nothing is stored of
READERS: Mapping[str, Callable[..., Decoded]] = {
    "events": decode, "labels": decode_labels, "twins": decode_twins, "metrics": decode_metrics,
    "sides": decode_sides, SCORE: decode_rows,
}  # fmt: skip
LISTED = 1_000  # refused events named in an answer
SINGLE = ("application/json", "")  # content types of events that may be joined


class Intake:
    """Events, labels, twins, readings, rows to score; all else goes on to the other app."""

    def __init__(self, app: Any, service: Service, bodies: Bodies, foreign: Foreign) -> None:
        self._app, self._service, self._bodies, self._foreign = app, service, bodies, foreign
        self._singles: Turns[Waiting, Decoded] = Turns(finish)
        self._scores = Scores()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a POST of events, labels, twins, readings, or rows to score."""
        target = _target(scope)
        if target is None:
            is_http = scope["type"] == "http"
            if is_http and (way := self._foreign.means(scope["path"], scope["method"])):
                await self._foreign(way, scope, receive, send)
            else:
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
            self._bodies.release(held)
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
        body = await self._bodies.read(scope, receive, held)
        if body is None:
            return None  # the sender went away
        gate = self._service.gate_of(model) if kind == "events" else None
        sent = await self._decoded(scope, model, kind, body)
        decoded = await passed(self._service, self._bodies, model, sent, whole=True)
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
        body = await self._bodies.read(scope, receive, held)
        if body is None:
            return None
        return await self._scores.of(scoring, await self._decoded(scope, model, SCORE, body))

    async def _decoded(self, scope: Any, model: str, kind: str, body: bytes) -> Decoded:
        content_type = header(scope, b"content-type")
        encoding = header(scope, b"content-encoding")
        given: dict[str, Any] = {"model": model, "received": self._bodies.wall()}
        given["limits"] = self._bodies.limits
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
        return await self._bodies.beside(reader, body, **given)


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
