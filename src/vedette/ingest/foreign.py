"""What bodies of foreign formats turn into.

Owns: the values between their readers (`ingest.otlp`, `ingest.payloads`) and who stores what they
hold.  Does not own: the formats, HTTP (`web.foreign`).

A body of ours belongs to the model that its path names.  A foreign one says itself whose its rows
are, often of several models.
"""

from collections.abc import Mapping
from typing import NamedTuple

from vedette.ingest.decoded import Decoded
from vedette.ingest.limits import Limits


class Asked(NamedTuple):
    """A request as its reader sees it.

    Shapes: names of `headers` are in lower case; `query` is what follows the `?`.
    Units: `received` UTC nanoseconds.
    """

    headers: Mapping[str, str]
    received: int
    limits: Limits
    query: str = ""

    @property
    def content_type(self) -> str:
        """Of the body, without parameters, in lower case.

        Example:
            >>> Asked({"content-type": "Application/JSON; charset=utf-8"}, 0, Limits()).content_type
            'application/json'
        """
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def content_encoding(self) -> str:
        """How the body is compressed; "" when it is not."""
        return self.headers.get("content-encoding", "")


class Taken(NamedTuple):
    """What may be stored of a body, by the name of its model (`core.model_names`).

    Shapes: what is wrong with a row stands in the `Decoded.rejected` of its model, of the model ""
    where nothing says whose it is.
    """

    models: Mapping[str, Decoded]


class Kept(NamedTuple):
    """What became of a body: rows that are durable, known before, refused; why the first was."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    why: str = ""
