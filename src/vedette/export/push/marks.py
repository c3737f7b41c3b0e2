"""How far a receiver of series has come, over restarts.

Owns: the bytes, where they are kept.  Does not own: what is told (`export.push.receiver`).
"""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from vedette.engine.push_settings import PushSettings
from vedette.stores.store import Entry, StateStore

KIND = "push"


class Marks:
    """The marks of one receiver, known by its kind and address."""

    def __init__(self, store: StateStore, settings: PushSettings) -> None:
        self._store = store
        place = f"{settings.kind} {settings.address}"  # which may hold a secret
        self._key = sha256(place.encode()).hexdigest()[:32]

    def read(self) -> dict[str, int]:
        """The newest instant that it was told, by model.  Units: UTC nanoseconds."""
        kept = self._store.get(KIND, "", self._key)
        return {} if kept is None else msgspec.json.decode(kept.body, type=dict[str, int])

    def write(self, after: Mapping[str, int]) -> None:
        """Remember it.  Errors: StoreError."""
        newest = max(after.values(), default=0)
        self._store.commit([Entry(KIND, "", self._key, newest, msgspec.json.encode(after))])
