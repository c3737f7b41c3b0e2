"""What expectations about several columns, and about the table, mean.

Owns: these meanings.  Does not own: those about one column (`expected_values`), the table of all
(`expectations`).
"""

from itertools import combinations
from typing import Any

from vedette.ingest.schemas.draft import Draft, name_of, number_of, quoted
from vedette.ingest.schemas.expected import LEFT_OUT, Expected

NEVER = ("never", "neither")  # rows that are left out: none
ANY = ("any_value_is_missing", "either_value_is_missing")


def greater(draft: Draft, expected: Expected) -> None:
    """One column is greater than another, row by row."""
    first, second = expected.kwargs["column_A"], expected.kwargs["column_B"]
    sign = ">=" if expected.kwargs.get("or_equal") else ">"
    draft.alike((first, second), "numeric")
    check = f"{name_of(first)} {sign} {name_of(second)}"
    _rule(draft, expected, (first, second), check)


def equal_pair(draft: Draft, expected: Expected) -> None:
    """Two columns are equal, row by row."""
    first, second = expected.kwargs["column_A"], expected.kwargs["column_B"]
    draft.alike((first, second), "category")
    _rule(draft, expected, (first, second), f"{name_of(first)} == {name_of(second)}")


def pair_in_set(draft: Draft, expected: Expected) -> None:
    """Two columns hold one of some pairs, row by row."""
    first, second = expected.kwargs["column_A"], expected.kwargs["column_B"]
    pairs = [tuple(pair) for pair in expected.kwargs.get("value_pairs_set", ())]
    if not pairs or any(None in pair or len(pair) != 2 for pair in pairs):
        draft.refuse(expected.where, expected.type, "a pair is not two values")
        return
    for name, values in ((first, [a for a, _ in pairs]), (second, [b for _, b in pairs])):
        draft.alike((name,), "category" if all(isinstance(v, str) for v in values) else "numeric")
    said = " or ".join(
        f"{name_of(first)} == {_value(a)} and {name_of(second)} == {_value(b)}" for a, b in pairs
    )
    _rule(draft, expected, (first, second), f"({said})")


def all_equal(draft: Draft, expected: Expected) -> None:
    """Some columns are equal, row by row; missing equals missing."""
    columns = expected.columns
    draft.alike(columns, "category")
    first, *others = columns
    same = " and ".join(f"{name_of(first)} == {name_of(one)}" for one in others)
    none = " and ".join(f"missing({name_of(one)})" for one in columns)
    whole = " and ".join(f"not missing({name_of(one)})" for one in columns)
    check = f"({none}) or ({same} and {whole})"
    if expected.kwargs.get("ignore_row_if") in ANY:
        check = same
    _say(draft, expected, check)


def compound_unique(draft: Draft, expected: Expected) -> None:
    """Values of some columns together come once."""
    if expected.mostly < 1:
        why = "unique is said of all rows"
        draft.refuse(expected.where, f"{expected.type} mostly {expected.mostly}", why)
    elif not expected.columns:
        draft.refuse(expected.where, expected.type, "it names no columns")
    else:
        draft.unique(expected.columns)


def unique_within_row(draft: Draft, expected: Expected) -> None:
    """Values of some columns differ from one another, row by row; missing is a value, too."""
    columns = expected.columns
    draft.alike(columns, "category")
    unlike = [f"{name_of(a)} != {name_of(b)}" for a, b in combinations(columns, 2)]
    rows = expected.kwargs.get("ignore_row_if", "all_values_are_missing")
    if rows in ANY:
        some = " or ".join(f"missing({name_of(one)})" for one in columns)
        check = f"{some} or ({' and '.join(unlike)})" if len(columns) > 2 else unlike[0]
    else:
        twice = [
            f"not (missing({name_of(a)}) and missing({name_of(b)}))"
            for a, b in combinations(columns, 2)
        ]
        check = " and ".join([*unlike, *twice])
        if rows not in NEVER:
            none = " and ".join(f"missing({name_of(one)})" for one in columns)
            check = unlike[0] if len(columns) == 2 else f"({none}) or ({check})"
    _say(draft, expected, check)


def sum_equal(draft: Draft, expected: Expected) -> None:
    """Values of some columns add up to a number, row by row."""
    columns = expected.columns
    draft.alike(columns, "numeric")
    total = " + ".join(name_of(one) for one in columns)
    check = f"{total} == {number_of(expected.kwargs['sum_total'])}"
    _rule(draft, expected, columns, check)


def row_count_between(draft: Draft, expected: Expected) -> None:
    """The table has so many rows."""
    kwargs = expected.kwargs
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    draft.rows(
        None if least is None else int(least) + bool(kwargs.get("strict_min")),
        None if most is None else int(most) - bool(kwargs.get("strict_max")),
    )


def row_count_equal(draft: Draft, expected: Expected) -> None:
    """The table has exactly so many rows."""
    draft.rows(int(expected.kwargs["value"]), int(expected.kwargs["value"]))


def columns_match_set(draft: Draft, expected: Expected) -> None:
    """These columns are there, and, unless it says otherwise, no other."""
    if expected.kwargs.get("exact_match", True):
        draft.closed = True


def columns_match_list(draft: Draft, expected: Expected) -> None:
    """These columns are there, and no other."""
    draft.closed = True
    why = "vedette looks at names, not at their order"
    draft.refuse(expected.where, f"{expected.type} (order)", why)


def _value(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else number_of(value)


def _say(draft: Draft, expected: Expected, check: str) -> None:
    rows = expected.kwargs.get("ignore_row_if", "all_values_are_missing")
    if expected.mostly < 1 and rows not in NEVER:
        draft.refuse(expected.where, f"{expected.type} mostly {expected.mostly}", LEFT_OUT)
        return
    draft.rule(expected.title, expected.where, expected.type, check, expected.mostly)


def _rule(draft: Draft, expected: Expected, columns: tuple[str, ...], check: str) -> None:
    """A rule that, as there, a row with one value missing breaks, unless such rows are left out."""
    rows = expected.kwargs.get("ignore_row_if", "all_values_are_missing")
    there = " and ".join(f"not missing({name_of(one)})" for one in columns)
    if rows in NEVER:
        check = f"{check} and {there}"
    elif rows not in ANY and len(columns) == 2:
        first, second = (f"missing({name_of(one)})" for one in columns)
        check = f"{check} and {first} == {second}"
    elif rows not in ANY:
        none = " and ".join(f"missing({name_of(one)})" for one in columns)
        check = f"({none}) or ({check} and {there})"
    _say(draft, expected, check)
