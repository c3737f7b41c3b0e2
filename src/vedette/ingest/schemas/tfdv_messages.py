"""Messages of tensorflow-metadata, through its own library.

Owns: reading and writing them as text and bytes, 32-bit limits.  Does not own: what they mean
(`tfdv`, `tfdv_written`).
"""

import struct
from functools import cache
from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.schemas.needed import library

EXTRA = "schemas"


class Messages:
    """tensorflow-metadata and protobuf, loaded."""

    def __init__(self) -> None:
        self.schema = library(
            "tensorflow_metadata.proto.v0.schema_pb2", "tensorflow-metadata", EXTRA
        )
        self._text = library("google.protobuf.text_format", "tensorflow-metadata", EXTRA)
        self._broken = library("google.protobuf.message", "tensorflow-metadata", EXTRA).DecodeError

    def read(self, source: Any, where: str) -> Any:
        """A message as it is, or from its text form or bytes.

        Errors: SchemaError for what is none.
        """
        if not isinstance(source, str | bytes):
            return source
        message = self.schema.Schema()
        try:
            if isinstance(source, str):
                self._text.Parse(source, message)
            else:
                message.ParseFromString(source)
        except (self._text.ParseError, self._broken) as error:
            raise SchemaError(
                where, "is no schema of TensorFlow Data Validation", got=str(error)
            ) from error
        return message

    def text(self, message: Any) -> str:
        """A message's text form."""
        return str(self._text.MessageToString(message, as_utf8=True))


@cache
def messages() -> Messages:
    """The library.  Errors: UsageError where it is not installed."""
    return Messages()


def enumeration(name: str) -> Any:
    """One of the enumerations of tensorflow-metadata."""
    return getattr(messages().schema, name)


def plain32(number: float) -> float:
    """The shortest number that is this one in 32 bits: 0.1 for what is read as 0.10000000149.

    Example:
        >>> plain32(0.10000000149011612), plain32(1e30)
        (0.1, 1e+30)
    """
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if fits32(short) and _as32(short) == _as32(number):
            return short
    return number


def fits32(number: float) -> bool:
    """Whether a limit is within the range of 32-bit numbers."""
    try:
        _as32(number)
    except OverflowError:
        return False
    return True


def is_same32(number: float) -> bool:
    """Whether a limit comes back from 32 bits as it was."""
    return fits32(number) and plain32(_as32(number)) == number


def _as32(number: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", number))[0])
