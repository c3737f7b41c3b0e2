"""What the web needs of the server behind it.

Owns: the protocol of the service and of what it shows of a model.  Does not own: the service
(`engine.service`), stores.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from vedette.core.schema import Schema
from vedette.export.prometheus import Gauges
from vedette.ingest.decoded import Decoded
from vedette.ingest.receipt import Receipt
from vedette.stores.store import EventLog, StateStore


class ModelView(Protocol):
    """What there is to see of a model.  Units: rows; times in UTC nanoseconds; evidence in log10,
    its share of the threshold in [0, 1]."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def late_rows(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def dropped_by_clients(self) -> int: ...
    @property
    def labels(self) -> int: ...
    @property
    def first_time(self) -> int | None: ...
    @property
    def last_time(self) -> int | None: ...
    @property
    def version(self) -> str: ...
    @property
    def baseline(self) -> str: ...
    @property
    def evidence(self) -> Mapping[str, Mapping[str, float]]: ...
    @property
    def open_incidents(self) -> int: ...


class Service(Protocol):
    """The running server."""

    @property
    def log(self) -> EventLog:
        """The log."""
        ...

    @property
    def store(self) -> StateStore:
        """The state."""
        ...

    def admit(self) -> None:
        """Say at once when nothing can be taken in.  Errors: Busy."""
        ...

    async def submit(self, model: str, decoded: Decoded) -> Receipt:
        """Make rows durable.  Errors: Busy under pressure, StoreError when the disk is full."""
        ...

    async def act(self, model: str, act: dict[str, Any]) -> dict[str, Any]:
        """Do what a person asks.  Errors: UsageError when it cannot be done."""
        ...

    def models(self) -> Sequence[ModelView]:
        """Every model."""
        ...

    def model(self, name: str) -> ModelView | None:
        """One model."""
        ...

    def schema_of(self, name: str) -> Schema | None:
        """The schema of a model, declared or learnt."""
        ...

    def unready(self) -> list[str]:
        """Why the server cannot serve; nothing when it can."""
        ...

    def gauges(self) -> Gauges:
        """The numbers for `/metrics`."""
        ...
