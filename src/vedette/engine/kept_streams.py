"""What cumulative series of OpenTelemetry said last, kept over a restart.

Owns: their entries in the state, both ways.  Does not own: the series (`ingest.otlp.streams`), when
entries are written (`engine.stepper`).

An entry holds all series of one sender: these come together, and change together.
"""

import logging
from collections.abc import Iterator

from vedette.ingest.otlp.kept import points_read, points_written
from vedette.ingest.otlp.streams import Streams
from vedette.stores.store import STREAM, Entry, StateStore

LOG = logging.getLogger("vedette")


def entries_of(streams: Streams, now: int) -> Iterator[Entry]:
    """What is to be written of senders that said something new, nothing for those that were
    forgotten.  Units: UTC nanoseconds."""
    for whose, series in streams.moved().items():
        yield Entry(STREAM, "", whose.hex(), now, points_written(series) if series else b"")


def restore(streams: Streams, store: StateStore) -> None:
    """Take up what was written; what cannot be read is left out, as of a new sender."""
    for entry in store.read(STREAM):
        try:
            streams.restore(bytes.fromhex(entry.key), points_read(entry.body))
        except ValueError as error:
            LOG.warning("vedette: the last points of a sender are lost: %s", error)
