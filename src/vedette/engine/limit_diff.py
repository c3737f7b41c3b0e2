"""What changed of the constraints of a field.

Owns: which changes narrow and which widen.  Does not own: fields, rules, tables
(`engine.schema_diff`).
"""

from collections.abc import Iterator
from typing import Any

from vedette.core.constraints import Constraints
from vedette.core.judge import is_off
from vedette.core.words import plural
from vedette.engine.schema_change import Change, moved

# Which way a limit narrows when its number grows; what is not set does not limit.
GROWS = {"min": 1, "above": 1, "max": -1, "below": -1, "min_length": 1, "max_length": -1,
         "present": 1, "mostly": 1}  # fmt: skip
TRUTHS = ("required", "finite", "unique")
NAMED = 5  # values of a list that are named
_ROUNDING = 4 * 2.0**-52


def limit_changes(name: str, old: Constraints, new: Constraints) -> Iterator[Change]:
    """Every change of a field's constraints.

    Example:
        >>> found = limit_changes("x", Constraints(max=1), Constraints(max=2, required=True))
        >>> [(change.what, change.effect) for change in found]
        [('required', 'narrowing'), ('max', 'widening')]
    """
    for what in Constraints.__struct_fields__:
        before, after = getattr(old, what), getattr(new, what)
        if before == after:
            continue
        if what in TRUTHS:
            yield moved(name, what, (_truth(before), _truth(after)), after, before)
        elif what in GROWS:
            yield _number(name, what, before, after)
        elif what == "step":
            yield _step(name, before, after)
        elif what == "pattern":
            yield moved(name, what, (before or "", after or ""), after is not None, True)
        else:
            yield from _list(name, what, before, after)


def _truth(value: bool) -> str:
    return "true" if value else ""


def _number(name: str, what: str, before: float | None, after: float | None) -> Change:
    said = (_spelt(before), _spelt(after))
    if before is None or after is None:
        return moved(name, what, said, after is not None, before is not None)
    narrower = (after - before) * GROWS[what] > 0
    return moved(name, what, said, narrower, not narrower)


def _step(name: str, before: float | None, after: float | None) -> Change:
    said = (_spelt(before), _spelt(after))
    if before is None or after is None:
        return moved(name, "step", said, after is not None, before is not None)
    return moved(name, "step", said, is_off(float(before), after, _ROUNDING), True)


def _spelt(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def _list(name: str, what: str, before: Any, after: Any) -> Iterator[Change]:
    """Values that came into a list or left it; no list allows all, and forbids none."""
    allows = what == "allowed"
    if before is None or after is None:
        said = ("" if before is None else _named(before), "" if after is None else _named(after))
        yield moved(name, what, said, after is not None, before is not None)
        return
    came = [value for value in after if value not in before]
    left = [value for value in before if value not in after]
    if came:
        yield moved(name, f"{what} value", ("", _named(came)), not allows, allows)
    if left:
        yield moved(name, f"{what} value", (_named(left), ""), allows, not allows)
    if not came and not left:
        yield moved(name, f"order of {what}", (_named(before), _named(after)), False, False)


def _named(values: Any) -> str:
    shown = ", ".join(map(str, values[:NAMED]))
    more = len(values) - NAMED
    return f"{shown} and {plural(more, 'more value')}" if more > 0 else shown or "no value"
