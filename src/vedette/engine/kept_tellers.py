"""Which services tell texts of calls apart from their spans, kept over a restart.

Owns: their entries in the state, both ways.  Does not own: what they tell
(`ingest.genai.contents`), calls that wait for it (`engine.late_texts`).

Without them the calls that come first after a start would be events without their texts: also
those that waited before it and are sent again, as their sender heard no answer.
"""

from collections.abc import Iterator

from vedette.ingest.genai.contents import EXPECTED, Contents
from vedette.stores.store import TELLER, Entry, StateStore


def entries_of(contents: Contents) -> Iterator[Entry]:
    """What is to be written of services that told texts since, or were forgotten."""
    for sender, last in contents.moved().items():
        yield Entry(TELLER, "", sender, last or 0, b"" if last is None else b"texts")


def restore(contents: Contents, store: StateStore, now: int) -> None:
    """Take up what was written; services that have been silent for too long are forgotten.

    Units: `now` UTC nanoseconds.
    """
    kept = sorted(store.read(TELLER), key=lambda entry: entry.time)
    for entry in kept:
        if entry.time + EXPECTED >= now:
            contents.heard(entry.key, entry.time)
    gone = [(TELLER, "", entry.key) for entry in kept if entry.time + EXPECTED < now]
    if gone:
        store.commit(gone=gone)
