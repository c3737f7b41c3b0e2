"""What changed between two schemas, and what that does to tables that obeyed the old one.

Owns: changes of fields, rules and the table as a whole.  Does not own: constraints
(`engine.limit_diff`), reading schemas (`engine.declared`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vedette.core.field import Field
from vedette.core.judge import REALS, WHOLE_TYPES
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.engine.limit_diff import limit_changes
from vedette.engine.schema_change import Change, moved

_WIDER_KINDS = {"integer": ("numeric",), "category": ("text", "id"), "text": ("category", "id")}
_SAME_KINDS = ({"category", "text"},)  # they hold the same values


def schema_changes(old: Schema, new: Schema, structure: bool = False) -> tuple[Change, ...]:
    """Every change from one schema to another, field by field, then rules and the table.

    With `structure`, only columns, kinds and types: what can be seen of a table without rules.
    Example:
        >>> old = Schema((Field("x", "integer"), Field("y", "text")))
        >>> new = Schema((Field("x", "numeric"),))
        >>> [(change.words, change.effect, change.breaking) for change in schema_changes(old, new)]
        [('`x`: kind changed from integer to numeric', 'widening', False), \
('`y`: field removed (text)', 'widening', True)]
    """
    found = list(_fields(old, new, structure))
    if not structure:
        found += [*_rules(old.rules, new.rules), *_table(old, new)]
    return tuple(found)


def _fields(old: Schema, new: Schema, structure: bool) -> Iterator[Change]:
    for field in old.fields:
        if field.name not in new:
            gone = moved(field.name, "field", (field.kind, ""), new.closed, True)
            yield replace(gone, breaking=True)  # who reads it has to do without
            continue
        yield from _field(field, new[field.name], structure)
    for field in new.fields:
        if field.name not in old:
            free = field.optional or field.role == "ignore" or not field.environments
            widens = free and old.closed
            yield moved(field.name, "field", ("", field.kind), not free, widens)
    kept = [name for name in old.names if name in new]
    if kept != [name for name in new.names if name in old] and not structure:
        yield Change("", "order of fields", "neutral", ", ".join(kept[:3]) + " …",
                     ", ".join([name for name in new.names if name in old][:3]) + " …")  # fmt: skip


def _field(old: Field, new: Field, structure: bool) -> Iterator[Change]:
    name = old.name
    if old.kind != new.kind:
        same = any({old.kind, new.kind} == pair for pair in _SAME_KINDS)
        wider = new.kind in _WIDER_KINDS.get(old.kind, ())
        yield moved(name, "kind", (old.kind, new.kind), not (same or wider), wider and not same)
    if old.type != new.type and not (structure and None in (old.type, new.type)):
        narrows = new.type is not None and not _holds(new.type, old.type)
        yield moved(name, "type", (old.type or "", new.type or ""), narrows, not narrows)
    if structure:
        return
    if old.role != new.role:
        narrows, widens = old.role == "ignore", new.role == "ignore"
        yield moved(name, "role", (old.role, new.role), narrows, widens)
    if old.unit != new.unit:
        yield Change(name, "unit", "neutral", old.unit or "", new.unit or "")
    if old.optional != new.optional:
        said = ("true", "") if old.optional else ("", "true")
        yield moved(name, "optional", said, not new.optional, new.optional)
    yield from _environments(name, old.environments, new.environments)
    yield from limit_changes(name, old.constraints, new.constraints)


def _holds(wide: str, narrow: str | None) -> bool:
    """Whether every value of a type fits another."""
    if narrow is None:
        return False
    if narrow in WHOLE_TYPES and wide in WHOLE_TYPES:
        (low, high), (least, most) = WHOLE_TYPES[wide], WHOLE_TYPES[narrow]
        return low <= least and most <= high
    if wide in REALS:
        return narrow in WHOLE_TYPES or REALS.get(narrow, float("inf")) <= REALS[wide]
    return (wide, narrow) == ("datetime", "date")


def _environments(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    if set(old) != set(new):
        more, fewer = bool(set(new) - set(old)), bool(set(old) - set(new))
        said = (", ".join(old) or "none", ", ".join(new) or "none")
        yield moved(name, "environments", said, more, fewer)


def _rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Change]:
    before, after = ({rule.name: rule for rule in rules} for rules in (old, new))
    for name, rule in before.items():
        about = f"rule {name}"
        if name not in after:
            yield Change(about, "rule", "widening", rule.check, "")
            continue
        other = after[name]
        if rule.check != other.check:
            yield moved(about, "check", (rule.check, other.check), True, True)
        if rule.mostly != other.mostly:
            narrows = other.mostly > rule.mostly
            shares = (f"{rule.mostly:.15g}", f"{other.mostly:.15g}")
            yield moved(about, "mostly", shares, narrows, not narrows)
        yield from _environments(about, rule.environments, other.environments)
    for name, rule in after.items():
        if name not in before:
            yield moved(f"rule {name}", "rule", ("", rule.check), True, False)


def _table(old: Schema, new: Schema) -> Iterator[Change]:
    for columns in old.unique:
        if columns not in new.unique:
            yield Change("", "unique", "widening", ", ".join(columns), "")
    for columns in new.unique:
        if columns not in old.unique:
            yield moved("", "unique", ("", ", ".join(columns)), True, False)
    if old.closed != new.closed:
        said = ("true", "") if old.closed else ("", "true")
        yield moved("", "closed", said, new.closed, old.closed)
    for what, sign in (("min_rows", 1), ("max_rows", -1)):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            narrows = after is not None and (before is None or (after - before) * sign > 0)
            counts = ("" if before is None else str(before), "" if after is None else str(after))
            yield moved("", what, counts, narrows, not narrows)
