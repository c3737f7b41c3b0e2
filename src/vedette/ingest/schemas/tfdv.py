"""Schemas of TensorFlow Data Validation, read.

Owns: what every part of tensorflow-metadata's `Schema` means to vedette.  Does not own: writing one
(`tfdv_written`), the messages themselves (`tfdv_messages`).
"""

from typing import Any

from vedette.core.schema import ENVIRONMENTS, Schema
from vedette.ingest.schemas.draft import Draft, Heard
from vedette.ingest.schemas.tfdv_messages import enumeration, messages, plain32
from vedette.ingest.schemas.translated import Translated

ANY = 1e-9  # `present` that one value in a thousand million rows reaches: presence.min_count 1
# Stages of a feature that TensorFlow Data Validation does not judge.
UNJUDGED = ("PLANNED", "ALPHA", "DEPRECATED", "DISABLED", "DEBUG_ONLY", "VALIDATION_DERIVED")
BUDGET = "vedette judges changes of a distribution by tests with a budget, not by a distance"
NO_SUCH = "a schema of vedette has nothing like it"
_TYPES = {"INT": "int64", "FLOAT": "float64", "BYTES": "string"}
_TABLE = ("feature", "string_domain", "float_domain", "int_domain", "default_environment")
_FEATURE = (
    "name", "type", "deprecated", "lifecycle_stage", "presence", "shape", "value_count", "domain",
    "int_domain", "float_domain", "string_domain", "bool_domain", "natural_language_domain",
    "time_domain", "distribution_constraints", "in_environment", "not_in_environment",
)  # fmt: skip
_WHY = {"skew_comparator": BUDGET, "drift_comparator": BUDGET}


def read(source: Any, where: str = "schema") -> Translated[Schema]:
    """Read a schema of TensorFlow Data Validation: a message, its text form, or its bytes.

    As there, a column that it does not name is a violation.
    Errors: SchemaError for what is no such schema, UsageError where tensorflow-metadata is not
    installed.
    Source: tensorflow_metadata/proto/v0/schema.proto.
    """
    message = messages().read(source, where)
    draft = Draft()
    draft.closed = True
    environments = [str(name) for name in message.default_environment]
    for feature in message.feature:
        _Reading(draft, message, feature).all(environments)
    _table(draft, message)
    return draft.finish()


def _table(draft: Draft, message: Any) -> None:
    rows = message.dataset_constraints
    for one, _ in message.ListFields():
        if one.name not in (*_TABLE, "dataset_constraints"):
            draft.refuse("schema", one.name, NO_SUCH)
    for one, value in rows.ListFields():
        if one.name == "min_examples_count":
            draft.rows(value, None)
        elif one.name == "max_examples_count":
            draft.rows(None, value)
        else:
            draft.refuse("schema", f"dataset_constraints.{one.name}", BUDGET)
    for name in message.default_environment:
        if name.lower() not in ENVIRONMENTS:
            draft.refuse("schema", f"default_environment {name!r}", _only())


def _only() -> str:
    return f"vedette's environments are {' and '.join(ENVIRONMENTS)}"


class _Reading:
    """One feature on its way into a draft."""

    def __init__(self, draft: Draft, message: Any, feature: Any) -> None:
        self._draft, self._message, self._feature = draft, message, feature
        self._field: Heard = draft.field(feature.name)
        self._where = f"feature {feature.name!r}"

    def all(self, default: list[str]) -> None:
        feature, field = self._feature, self._field
        stage = enumeration("LifecycleStage").Name(feature.lifecycle_stage)
        if feature.deprecated or stage in UNJUDGED:
            field.kind, field.role, field.optional = "category", "ignore", True
            said = [one.name for one, _ in feature.ListFields()]
            if set(said).difference(("name", "deprecated", "lifecycle_stage", "type", "domain")):
                self._refuse("deprecated" if feature.deprecated else stage, "it is not judged, so "
                             "what else is said of it is left out")  # fmt: skip
            return
        self._type()
        self._presence()
        self._environments(default)
        for one, _ in feature.ListFields():
            if one.name not in _FEATURE:
                self._refuse(one.name, _WHY.get(one.name, NO_SUCH))
        self._domain()

    def _refuse(self, what: str, why: str) -> None:
        self._draft.refuse(self._where, what, why)

    def _claim(self, what: str, mostly: float = 1.0, **claims: Any) -> None:
        why = self._field.add(claims, mostly)
        if why:
            self._refuse(what, why)

    def _type(self) -> None:
        name = enumeration("FeatureType").Name(self._feature.type)
        if name in _TYPES:
            self._field.type = _TYPES[name]
        else:
            self._field.kind = "category"
            if name == "STRUCT":
                self._field.role = "ignore"
                self._refuse("type STRUCT", "vedette's tables are flat: the column may hold all")
        self._sizes()

    def _sizes(self) -> None:
        """How many values an example has: one is a plain column, more are a list."""
        feature = self._feature
        if feature.HasField("value_count"):
            least, most = feature.value_count.min, feature.value_count.max
            if (least, most) == (1, 1) or (least, most) == (0, 1):
                return
            self._list(least or None, most or None)
        elif feature.HasField("shape"):
            sizes = [one.size for one in feature.shape.dim]
            if len(sizes) > 1:
                self._refuse("shape", "vedette counts the items of a list, not of nested ones")
                self._list(None, None)
            elif sizes not in ([], [1]):
                self._list(sizes[0] or None, sizes[0] or None)

    def _list(self, least: int | None, most: int | None) -> None:
        self._field.type = "list"
        lengths = {"min_length": least, "max_length": most}
        claims = {name: size for name, size in lengths.items() if size is not None}
        self._claim("value_count", **claims)

    def _presence(self) -> None:
        presence = self._feature.presence
        share, count = presence.min_fraction, presence.min_count
        self._field.optional = not (share or count)
        if share >= 1:
            self._claim("presence.min_fraction", required=True)
        elif share:
            self._claim("presence.min_fraction", present=share)
        elif count:
            self._claim("presence.min_count", present=ANY)
        if count > 1:
            self._refuse(f"presence.min_count {count}", "vedette asks for a share of rows")

    def _environments(self, default: list[str]) -> None:
        feature = self._feature
        named, denied = list(feature.in_environment), list(feature.not_in_environment)
        unknown = [name for name in (*named, *denied) if name.lower() not in ENVIRONMENTS]
        for name in unknown:
            self._refuse(f"environment {name!r}", _only())
        usual = {name.lower() for name in default} or set(ENVIRONMENTS)
        if not default and named:
            usual = set()
        has = usual - {name.lower() for name in denied} | {name.lower() for name in named}
        self._field.environments = tuple(name for name in ENVIRONMENTS if name in has)

    def _domain(self) -> None:
        feature, field = self._feature, self._field
        kind, domain = _domain_of(self._message, feature)
        if kind == "missing":
            self._refuse(f"domain {feature.domain!r}", "the schema has no domain of this name")
        elif kind in ("int_domain", "float_domain"):
            self._numbers(kind, domain)
        elif kind == "string_domain":
            self._claim(kind, self._mass(), allowed=tuple(domain.value))
        elif kind == "bool_domain":
            self._truths(domain)
        elif kind == "natural_language_domain":
            field.kind = "text"
            if domain.ListFields():
                self._refuse(kind, "vedette knows free text, and nothing of its words")
        elif kind == "time_domain":
            field.kind = "time"
            self._refuse(kind, "vedette reads instants in ISO 8601, whole ones as nanoseconds")
        if kind != "string_domain" and feature.HasField("distribution_constraints"):
            self._refuse("distribution_constraints", "it is said of listed values only")

    def _mass(self) -> float:
        told = self._feature.distribution_constraints
        return float(told.min_domain_mass) if told.HasField("min_domain_mass") else 1.0

    def _numbers(self, kind: str, domain: Any) -> None:
        exact = float if kind == "int_domain" else plain32
        limits = {name: exact(getattr(domain, name)) for name in ("min", "max")
                  if domain.HasField(name)}  # fmt: skip
        for name in list(limits) if kind == "int_domain" else ():
            if limits[name] != getattr(domain, name):  # beyond 2^53
                del limits[name]
                self._refuse(f"{kind}.{name}", "vedette keeps limits as 64-bit real numbers")
        if limits:
            self._claim(kind, **limits)
        if kind == "int_domain":
            if self._field.type == "string":
                self._field.kind = "integer"
        elif domain.disallow_nan and domain.disallow_inf:
            self._claim(kind, finite=True)
        elif domain.disallow_nan or domain.disallow_inf:
            self._refuse(f"{kind}.disallow_{'nan' if domain.disallow_nan else 'inf'}",
                         "vedette refuses NaN and infinity together, as `finite`")  # fmt: skip
        if self._field.type == "string" and kind == "float_domain":
            self._field.kind = "numeric"
        if domain.is_categorical:
            self._field.kind = "category"
        for name in ("is_embedding", "embedding_dim", "embedding_type"):
            if kind == "float_domain" and domain.HasField(name):
                self._refuse(f"{kind}.{name}", NO_SUCH)

    def _truths(self, domain: Any) -> None:
        words = tuple(word for word in (domain.true_value, domain.false_value) if word)
        if words:
            self._claim("bool_domain", allowed=words)
            return
        self._field.kind = "boolean"
        if self._field.type == "int64":  # which a column of true and false is there, too
            self._field.type = None


def _domain_of(message: Any, feature: Any) -> tuple[str, Any]:
    """Which domain a feature has, its own or one of the schema's; "" for none."""
    which: str = feature.WhichOneof("domain_info") or ""
    if which != "domain":
        return which, getattr(feature, which) if which else None
    for kind in ("string_domain", "int_domain", "float_domain"):
        for domain in getattr(message, kind):
            if domain.name == feature.domain:
                return kind, domain
    return "missing", None
