"""The words of an expression.

Owns: cutting text into tokens, and errors that point at a place.  Does not own: grammar.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from vedette.core.errors import SchemaError

LONGEST = 4_000  # characters of an expression: more is a program, which belongs elsewhere
KEYWORDS = ("and", "or", "not", "in", "true", "false")
_AROUND = 24  # characters shown on either side of a wrong place

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | `(?P<quoted>(?:[^`]|``)*)`
    | '(?P<single>(?:[^']|'')*)'
    | "(?P<double>(?:[^"]|"")*)"
    | (?P<sign><=|>=|==|!=|[-+*/%<>(),])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_HINTS = {
    "=": "equal is ==",
    "&": "both is `and`",
    "|": "either is `or`",
    "!": "unequal is !=, the contrary `not`",
    "^": "there are no powers",
    "`": "a back-quoted name has no end",
    "'": "a text has no end",
    '"': "a text has no end",
}


class Token(NamedTuple):
    """One word: its kind (number, name, text, sign, word, end), its text, where it begins."""

    kind: str
    text: str
    at: int


def tokens(expression: str, where: str) -> Iterator[Token]:
    """Cut an expression into words, the last of which is its end.

    Errors: SchemaError that points at the place.
    Example:
        >>> [token.text for token in tokens("a.b >= `the name` and 'it''s' != x", "rule 'r'")]
        ['a.b', '>=', 'the name', 'and', "it's", '!=', 'x', '']
    """
    if len(expression) > LONGEST:
        raise SchemaError(
            where, "is too long", got=f"{len(expression)} characters", want=f"at most {LONGEST}"
        )
    at = 0
    while True:
        found = _TOKEN.match(expression, at)
        if found is None:
            at += len(expression[at:]) - len(expression[at:].lstrip())
            hint = _HINTS.get(expression[at], "")
            raise wrong(where, expression, at, f"{expression[at]!r} means nothing here", hint=hint)
        kind = str(found.lastgroup)
        text, start = found.group(kind), found.start(kind)
        yield _token(kind, text, start)
        if kind == "end":
            return
        at = found.end()


def _token(kind: str, text: str, start: int) -> Token:
    quotes = {"quoted": ("name", "`"), "single": ("text", "'"), "double": ("text", '"')}
    if kind in quotes:
        meant, quote = quotes[kind]
        return Token(meant, text.replace(quote * 2, quote), start - 1)
    if kind == "name" and text in KEYWORDS:
        return Token("word", text, start)
    return Token(kind, text, start)


def wrong(where: str, expression: str, at: int, problem: str, *, hint: str = "") -> SchemaError:
    """An error of an expression, with its place in it."""
    before, after = expression[max(at - _AROUND, 0) : at], expression[at : at + _AROUND]
    left = "…" if at > _AROUND else ""
    right = "…" if len(expression) > at + _AROUND else ""
    return SchemaError(
        f"{where} character {at + 1}", problem, got=f"{left}{before}▸{after}{right}", hint=hint
    )
