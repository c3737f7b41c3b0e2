"""One change between two schemas.

Owns: the Change record: what it does to tables that obeyed before, and its words.  Does not own:
finding changes (`engine.schema_diff`, `engine.limit_diff`).
"""

from dataclasses import dataclass

EFFECTS = ("narrowing", "widening", "neutral")


@dataclass(frozen=True)
class Change:
    """What changed of a field, a rule or the table.

    `effect` is `narrowing` when a table that obeyed the old schema may break the new one,
    `widening` when it cannot but the contrary may be, else `neutral`.  It is `breaking` when
    somebody must act before it can hold.  `old` and `new` as people write them; "" is nothing.
    """

    name: str
    what: str
    effect: str
    old: str = ""
    new: str = ""
    breaking: bool = False

    @property
    def words(self) -> str:
        """The change in words.

        Example:
            >>> Change("age", "max", "widening", "120", "130").words
            '`age`: max changed from 120 to 130'
            >>> Change("age", "field", "widening", "integer").words
            '`age`: field removed (integer)'
        """
        about = f"`{self.name}`: " if self.name else ""
        if self.old and self.new:
            return f"{about}{self.what} changed from {self.old} to {self.new}"
        done = "added" if self.new else "removed"
        value = self.new or self.old
        return f"{about}{self.what} {done}" + ("" if value == "true" else f" ({value})")


def moved(name: str, what: str, said: tuple[str, str], narrows: bool, widens: bool) -> Change:
    """A change by what it does; one that does both narrows, and one that narrows breaks.

    Example:
        >>> moved("x", "step", ("0.1", "0.01"), False, True).effect
        'widening'
    """
    effect = "narrowing" if narrows else "widening" if widens else "neutral"
    return Change(name, what, effect, *said, breaking=narrows)
