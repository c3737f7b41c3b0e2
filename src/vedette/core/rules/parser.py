"""Reading the text of an expression.

Owns: the grammar.  Does not own: words (`tokens`), what operators and functions take (`meaning`).

    expression: either ("or" either)*          sum:    term (("+" | "-") term)*
    either:     denied ("and" denied)*         term:   signed (("*" | "/" | "%") signed)*
    denied:     "not" denied | comparison      signed: "-" signed | atom
    comparison: sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)* | sum ["not"] "in" list
    atom:       number | text | "true" | "false" | name | "(" expression ")"
                | name "(" [expression ("," expression)*] ")"
"""

from collections.abc import Callable

from vedette.core.rules.tokens import Token, tokens, wrong
from vedette.core.rules.tree import NUMBER, TEXT, TRUTH, Call, Literal, Name, Node

DEEPEST = 40  # expressions within expressions: what reads and walks them calls itself
TOO_DEEP = f"is more than {DEEPEST} levels deep here"
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")

_Read = Callable[[], Node]


def parse(expression: str, where: str) -> Node:
    """Read an expression; `where` names it to people.

    Bounds: at most 4,000 characters, 40 levels deep.  Errors: SchemaError that points at the place.
    Example:
        >>> node = parse("0 < a + b <= 10", "rule 'r'")
        >>> node.name, [part.name for part in node.parts]
        ('and', ['<', '<='])
    """
    return _Reader(expression, where).all()


class _Reader:
    """A place in an expression that moves on."""

    def __init__(self, expression: str, where: str) -> None:
        self._expression, self._where = expression, where
        self._tokens = list(tokens(expression, where))
        self._next = 0
        self._depth = 0

    def all(self) -> Node:
        node = self._any()
        if self._token.kind != "end":
            hint = "names with spaces stand in back quotes" if self._token.kind == "name" else ""
            raise self._wrong("the expression should have ended here", hint=hint)
        self._measure(node)
        return node

    def _measure(self, root: Node) -> None:
        """Refuse a tree that is too deep: what walks it calls itself."""
        waiting = [(root, 1)]
        while waiting:
            node, level = waiting.pop()
            if level > DEEPEST:
                raise wrong(self._where, self._expression, node.at, TOO_DEEP)
            if isinstance(node, Call):
                waiting += [(part, level + 1) for part in node.parts]

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> Token | None:
        """Move past a sign or a word if it is one of these."""
        token = self._token
        if token.kind in ("sign", "word") and token.text in texts:
            self._next += 1
            return token
        return None

    def _must(self, text: str) -> None:
        if not self._take(text):
            raise self._wrong(f"wanted {text!r} here")

    def _wrong(self, problem: str, hint: str = "") -> Exception:
        return wrong(self._where, self._expression, self._token.at, problem, hint=hint)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(TOO_DEEP)

    def _any(self) -> Node:
        self._deeper()
        node = self._joined("or", lambda: self._joined("and", self._denied))
        self._depth -= 1
        return node

    def _joined(self, word: str, read: _Read) -> Node:
        at, parts = self._token.at, [read()]
        while self._take(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else Call(word, tuple(parts), at)

    def _denied(self) -> Node:
        token = self._take("not")
        if token is None:
            return self._compared()
        self._deeper()
        node = Call("not", (self._denied(),), token.at)
        self._depth -= 1
        return node

    def _compared(self) -> Node:
        at, left = self._token.at, self._sum()
        pairs: list[Node] = []
        while token := self._take(*COMPARISONS):
            right = self._sum()
            pairs.append(Call(token.text, (left, right), token.at))
            left = right
        if pairs:
            return pairs[0] if len(pairs) == 1 else Call("and", tuple(pairs), at)
        denied = self._take("not")
        if denied is None and self._take("in") is None:
            return left
        if denied is not None:
            self._must("in")
        among = Call("in", (left, *self._list()), at)
        return among if denied is None else Call("not", (among,), denied.at)

    def _list(self) -> tuple[Node, ...]:
        self._must("(")
        return self._arguments()

    def _arguments(self) -> tuple[Node, ...]:
        """What stands between an opening bracket, which was read, and the closing one."""
        if self._take(")"):
            return ()
        found = [self._any()]
        while self._take(","):
            found.append(self._any())
        self._must(")")
        return tuple(found)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self._signed))

    def _chain(self, signs: tuple[str, ...], read: _Read) -> Node:
        node = read()
        while token := self._take(*signs):  # a + b + c is ((a + b) + c)
            node = Call(token.text, (node, read()), token.at)
        return node

    def _signed(self) -> Node:
        token = self._take("-")
        if token is None:
            return self._atom()
        self._deeper()
        node = self._signed()
        self._depth -= 1
        if isinstance(node, Literal) and node.type == NUMBER:
            return Literal(-node.value, NUMBER, token.at)  # type: ignore[operator]
        return Call("negative", (node,), token.at)

    def _atom(self) -> Node:
        token = self._token
        if self._take("("):
            node = self._any()
            self._must(")")
            return node
        if word := self._take("true", "false"):
            return Literal(word.text == "true", TRUTH, word.at)
        if token.kind not in ("number", "text", "name"):
            raise self._wrong("wanted a value here")
        self._next += 1
        if token.kind == "number":
            return Literal(float(token.text), NUMBER, token.at)
        if token.kind == "text":
            return Literal(token.text, TEXT, token.at)
        quoted = self._expression[token.at] == "`"
        if not quoted and self._take("("):
            return Call(token.text, self._arguments(), token.at)
        return Name(token.text, token.at)
