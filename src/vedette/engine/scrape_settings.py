"""What an operator may decide about servers whose metrics are fetched.

Owns: the settings under `scrape`.  Does not own: fetching (`engine.scraper`), what is understood of
metrics (`ingest.scrape`).
"""

from collections.abc import Mapping, Sequence

import msgspec

from vedette.alerts.notify.guard import place_of
from vedette.alerts.notify.sending import DeliveryError
from vedette.alerts.routes import Secret
from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError, nearest
from vedette.core.model_names import is_model_name
from vedette.ingest.scrape.engines import ENGINES

MOST_TARGETS = 100  # each has a thread


class ScrapeTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server whose metrics are fetched, and whose readings they are.

    `models` maps what the server calls its models to ours; all else, and what names no model, goes
    to `model`, or without one to all of `models`.  `engines` are the kinds of server to take it
    for; empty: those it looks like.  `keep` are patterns of further names to take as they are;
    `bearer` is a token to be sent, `ca` a file with the certificates that are trusted instead of
    the system's.
    """

    url: str
    model: str = ""
    models: Mapping[str, str] = msgspec.field(default_factory=dict)
    every: str = "30s"
    timeout: str = "10s"
    engines: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    bearer: Secret | None = None
    ca: str = ""

    def __post_init__(self) -> None:
        try:
            place_of(self.url)
        except DeliveryError as error:
            raise SettingsError("scrape", f"{error.reason}", want="http(s)://HOST/PATH") from None
        if not self.model and not self.models:
            raise SettingsError("scrape", f"{self.place} has no model", want="model or models")
        for name in self.whose:
            if not is_model_name(name):
                raise SettingsError("scrape", "names no model that can be", got=repr(name))
        known = [one.name for one in ENGINES]
        for name in self.engines:
            if name not in known:
                raise SettingsError(
                    "scrape", f"there is no engine {name!r}", want=", ".join(known),
                    hint=nearest(name, known),
                )  # fmt: skip
        if self.every_ns < SECOND or self.timeout_ns < SECOND // 10:
            raise SettingsError(
                "scrape", "every or timeout is too short", got=f"{self.every}, {self.timeout}",
                want="at least 1s and 100ms",
            )  # fmt: skip

    @property
    def place(self) -> str:
        """Its address without what may be a secret in it."""
        return self.url.partition("?")[0]

    @property
    def whose(self) -> tuple[str, ...]:
        """The models that readings may go to, each once."""
        own = [self.model] if self.model else []
        return tuple(dict.fromkeys([*own, *self.models.values()]))

    @property
    def every_ns(self) -> int:
        return nanoseconds(self.every, "scrape, every")

    @property
    def timeout_ns(self) -> int:
        return nanoseconds(self.timeout, "scrape, timeout")

    def claim(self, said: str) -> Sequence[str]:
        """The models of ours that a server means by a name; "" is none.

        Example:
            >>> both = ScrapeTarget("http://host/metrics", models={"a": "fraud", "b": "churn"})
            >>> both.claim("a"), both.claim("c"), both.claim("")
            (['fraud'], [], ['fraud', 'churn'])
        """
        if said in self.models:
            return [self.models[said]]
        if self.model:
            return [self.model]
        return [] if said else list(self.whose)


def check_targets(targets: Sequence[ScrapeTarget]) -> None:
    """Refuse more targets than there are threads for.  Errors: SettingsError."""
    if len(targets) > MOST_TARGETS:
        raise SettingsError(
            "scrape", "has too many servers", got=len(targets), want=f"at most {MOST_TARGETS}"
        )
