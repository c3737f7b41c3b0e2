"""Answers and errors as bytes.

Owns: the JSON of an error, the status of each kind of failure, sending over ASGI.  Does not own:
what is answered.
"""

import errno
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import msgspec

from vedette.core.errors import SchemaError, StoreError, UsageError, VedetteError
from vedette.ingest.limits import Refused
from vedette.ingest.receipt import Busy

Headers = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
RETRY_S = 5  # when the disk is full or a store does not answer


class Answer(NamedTuple):
    """A whole response."""

    status: int
    body: bytes
    headers: Headers


class Streamed(NamedTuple):
    """A response that goes on."""

    pieces: AsyncIterator[bytes]
    headers: Headers


class Problem(Exception):  # noqa: N818 - what is wrong with a request
    """A request that cannot be answered as asked."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: Headers = [],  # noqa: B006
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = headers


def json_answer(value: Any, status: int = 200, headers: Headers = []) -> Answer:  # noqa: B006
    """Answer with JSON; numbers that are not finite become null."""
    return Answer(status, msgspec.json.encode(value), [JSON, *headers])


def error_answer(problem: Problem) -> Answer:
    """Answer with an error."""
    error = {"code": problem.code, "message": problem.message, "field": problem.field}
    return json_answer({"error": error}, problem.status, problem.headers)


def problem_of(error: Exception) -> Problem:
    """What to tell of a failure.

    Example:
        >>> problem_of(Refused(413, "is too large")).status
        413
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        codes = {413: "too_large", 415: "unknown_type"}
        return Problem(error.status, codes.get(error.status, "broken_body"), str(error))
    if isinstance(error, Busy):
        return Problem(429, "busy", str(error), headers=[retry_after(error.retry_after_s)])
    if isinstance(error, StoreError):
        full = is_full(error)
        code = "disk_full" if full else "store_failed"
        return Problem(507 if full else 503, code, str(error), headers=[retry_after(RETRY_S)])
    if isinstance(error, UsageError | SchemaError):
        return Problem(400, "not_possible", str(error))
    if isinstance(error, VedetteError):
        return Problem(500, "wrong_settings", str(error))
    raise error


def is_full(error: BaseException) -> bool:
    """Whether a failure comes from a disk that is full."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__ or cause.__context__
    return any(words in str(error) for words in ("disk is full", "too little free space"))


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """The header that says when to come back, in whole seconds, at least 1."""
    return b"retry-after", str(max(1, -int(-seconds // 1))).encode()


async def send_answer(send: Any, answer: Answer) -> None:
    """Send a whole response."""
    length = (b"content-length", str(len(answer.body)).encode())
    start = {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [*answer.headers, length],
    }
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """A request header; "" when it is absent."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""
