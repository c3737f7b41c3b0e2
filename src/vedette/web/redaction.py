"""What of an event's values may be shown.

Owns: which columns are hidden, what stands in their place, what is masked inside other text, who
may see everything, and who may see groups.  Does not own: finding events (`web.events`), showing
them, which groups are too small (`engine.audit.shown`).

All that shows a value of a single event, or a figure of a group, asks here first.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.core import rows
from vedette.core.schema import Field, Schema
from vedette.engine.batch import parents_of
from vedette.ingest.genai.dialects import holds_text
from vedette.web.answers import Problem
from vedette.web.keys import ADMIN, READ, Key

PERSONAL = ("sensitive", "caller", "id")  # roles that are hidden with all that is derived from them
TEXTS = ("text_input", "text_output")
LONGEST = 64  # characters of a text of which nothing is known, from which it is taken for prose
LOOKED_AT, SHOWN = 8_000, 400  # characters of a text that are looked at, and that are shown at most

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
# Cards, telephones, accounts: nine digits or more, in groups or not.  A date with its hour has as
# many, and is none.
_DIGITS = re.compile(r"(?<!\w)(?:\+|\()?\d(?:[ ./()-]{0,2}\d){8,}(?!\w)")
_DATE = re.compile(r"(?:19|20)\d{2}-[01]\d-[0-3]\d(?!\d)")


@dataclass(frozen=True)
class Redaction:
    """Which values are hidden.

    Shapes: `parents` column: the one that it is derived from.  `masked` false hides nothing.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    masked: bool = True

    @classmethod
    def of(cls, schema: Schema | None, *, masked: bool = True) -> "Redaction":
        """The rules for a model's columns."""
        if schema is None:
            return cls(masked=masked)
        return cls({field.name: field for field in schema.fields}, parents_of(schema), masked)

    def hides(self, column: str) -> bool:
        """Whether values of a column are never shown.

        Numbers that are derived from a text (its length) are, those derived from what is personal
        are not.
        """
        if not self.masked or column in rows.SYSTEM:
            return False
        parent = self.parents.get(column)
        known = self.fields.get(parent or column)
        if known is None:
            return False
        if parent is not None:
            return known.role in PERSONAL
        return known.role in (*PERSONAL, *TEXTS) or known.kind in ("text", "vector", "id")

    def is_personal(self, column: str) -> bool:
        """Whether a column says who somebody is, or is derived from one that does."""
        known = self.fields.get(self.parents.get(column, column))
        return known is not None and known.role in PERSONAL

    def value(self, column: str, value: Any) -> Any:
        """A value as it may be shown; a missing one stays missing."""
        if column == rows.REST and isinstance(value, str):
            return self.rest(value)
        if value is None or not self.masked or column in rows.SYSTEM:
            return value  # an event's own id and version are how it is spoken of
        known = self.fields.get(column)
        if self.hides(column):
            return _hidden(known or self.fields[self.parents[column]], value)
        if known is None and _looks_private(value):
            return _hidden(None, value)
        return self.text(value) if isinstance(value, str) else value

    def sent(self, text: str) -> str:
        """An event as it was sent, JSON or not, as it may be shown.

        Example:
            >>> rules = Redaction({"name": Field("name", "text")})
            >>> rules.sent('{"features":{"name":"Ann","age":"x"}}')
            '{"features": {"name": "hidden: text, 3 characters", "age": "x"}}'
        """
        if not self.masked:
            return text
        try:
            return json.dumps(self._within("", json.loads(text)), ensure_ascii=False)
        except (ValueError, RecursionError):  # cut short, or never JSON
            return self.text(text)

    def said(self, text: str) -> str:
        """A text that holds what was said in a call, as it may be shown: not at all.

        Example:
            >>> Redaction().said("I am Ann")
            'hidden: text, 8 characters'
        """
        return _hidden(None, text) if self.masked and text else text

    def rest(self, text: str) -> str:
        """What no column holds, as it may be shown: nothing of what was said in a call.

        Example:
            >>> Redaction().rest('{"name": "chat", "attributes": {"gen_ai.input.messages": "Hi"}}')
            '{"name": "chat", "attributes": {"gen_ai.input.messages": "hidden: text"}}'
        """
        if not self.masked:
            return text
        try:
            return json.dumps(self._within("", _without_texts(json.loads(text))),
                              ensure_ascii=False)  # fmt: skip
        except (ValueError, RecursionError):
            return self.text(text)

    def _within(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._within(key, item) for key, item in value.items()}
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            return [self._within(name, item) for item in value]
        return self.value(name, value)

    def text(self, text: str) -> str:
        """A text without what identifies people.

        Example:
            >>> Redaction().text("ann@example.org called from +49 170 1234567 on 2026-11-01")
            '[e-mail] called from [digits] on 2026-11-01'
        """
        if not self.masked:
            return text
        masked = _IBAN.sub("[digits]", _EMAIL.sub("[e-mail]", text[:LOOKED_AT]))
        masked = _DIGITS.sub(_digits, masked)
        whole = len(text) <= LOOKED_AT and len(masked) <= SHOWN
        return masked if whole else f"{masked[:SHOWN]}…"


def _without_texts(value: Any) -> Any:
    """JSON in which members that hold what was said are empty, however short or nested."""
    if isinstance(value, dict):
        return {
            key: "hidden: text" if holds_text(key) else _without_texts(one)
            for key, one in value.items()
        }
    return [_without_texts(one) for one in value] if isinstance(value, list) else value


def may_unmask(caller: Key, model: str) -> bool:
    """Whether a caller may see what is hidden.  The one place that decides it."""
    return caller.may(ADMIN, model)


def may_see_groups(
    caller: Key, model: str, schema: Schema | None, columns: Collection[str]
) -> bool:
    """Whether a caller may see figures of groups that these columns tell apart.  The one place that
    decides it.

    Columns that are personal, or derived from one that is, take the scope `admin`; others `read`.
    """
    rules = Redaction.of(schema)
    personal = any(rules.is_personal(column) for column in columns)
    return caller.may(ADMIN if personal else READ, model)


def redaction(
    caller: Key, model: str, schema: Schema | None, wanted: str | None = None
) -> Redaction:
    """The rules for a caller; `wanted` is what they said of `redact`: "true", "false" or nothing.

    Errors: Problem, 400 for another word, 403 when they may not see what is hidden.
    """
    if wanted not in (None, "", "true", "false"):
        raise Problem(400, "wrong_query", "redact is true or false.", "redact")
    if wanted == "false" and not may_unmask(caller, model):
        raise Problem(
            403, "not_allowed", "This key may not see what is hidden: scope 'admin' is needed.",
            "redact",
        )  # fmt: skip
    return Redaction.of(schema, masked=wanted != "false")


def _hidden(known: Field | None, value: Any) -> str:
    """What stands in the place of a value.  The length of a category would tell which it is."""
    if known is not None and known.role in PERSONAL:
        return f"hidden: {known.role}"
    if isinstance(value, list | tuple):
        return f"hidden: vector, {len(value)} numbers"
    if known is not None and known.kind == "id":
        return "hidden: id"
    if isinstance(value, str | bytes):
        return f"hidden: text, {len(value)} character{'' if len(value) == 1 else 's'}"
    return "hidden: value"


def _looks_private(value: Any) -> bool:
    """Whether a value of a column that no schema knows is hidden to be on the safe side."""
    return isinstance(value, list | bytes) or (isinstance(value, str) and len(value) > LONGEST)


def _digits(found: "re.Match[str]") -> str:
    whole = found[0]
    date = _DATE.match(whole)
    if date is None:
        return "[digits]"
    rest = whole[date.end() :]
    return whole if sum(char.isdigit() for char in rest) < 9 else f"{date[0]} [digits]"
