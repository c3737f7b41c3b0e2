"""Regular expressions of Python's libraries as RE2's over a whole text, and back.

Owns: where an expression must match (anywhere, at the start, as a whole), SQL's LIKE.  Does not
own: compiling one (`core.patterns`).  An end of line `$` is taken as the end of the text; Python's
own engine also takes a last line break there, RE2 (which pandas 3 uses) does not.
"""

import re
import warnings

REST = "(?s:.*)"  # any text
_BACK = re.compile(r"\^\(\?:(.*)\)\$\Z", re.DOTALL)  # as `searching` writes it
_REWRITTEN = re.compile(r"\\Z|(?<!\\)\{,(?=[0-9]+\})")


def anywhere(pattern: str) -> str:
    """What a whole text must match so that Python's `search` finds a pattern in it.

    Example:
        >>> anywhere("^[a-z]+$"), anywhere("b"), anywhere("^a|b$")
        ('[a-z]+', '(?s:.*)b(?s:.*)', '(?s:.*)(?:^a|b$)(?s:.*)')
    """
    back = _BACK.match(pattern)
    if back is not None and _is_closed(back[1]):
        return back[1]
    pattern = _as_re2(pattern)
    if "|" in pattern:
        return f"{REST}(?:{pattern}){REST}"
    starts, ends = pattern.startswith("^"), _ends(pattern)
    inner = pattern[starts : len(pattern) - ends]
    return f"{'' if starts else REST}{inner}{'' if ends else REST}"


def at_start(pattern: str) -> str:
    """What a whole text must match so that Python's `match` finds a pattern at its start.

    Example:
        >>> at_start("a"), at_start("a$"), at_start("a|b")
        ('a(?s:.*)', 'a', '(?:a|b)(?s:.*)')
    """
    back = _BACK.match(pattern)
    if back is not None and _is_closed(back[1]):
        return back[1]
    pattern = _as_re2(pattern)
    if "|" in pattern:
        return f"(?:{pattern}){REST}"
    ends = _ends(pattern)
    inner = pattern.removeprefix("^")
    return inner[: len(inner) - ends] + ("" if ends else REST)


def like(pattern: str, escape: str | None = None) -> str:
    """SQL's LIKE as an expression over a whole text.

    Example:
        >>> like("a%_.")
        'a(?s:.*)(?s:.)\\\\.'
    """
    found, escaped = [], False
    for sign in pattern:
        if escaped or sign not in ("%", "_", escape):
            found.append(re.escape(sign))
            escaped = False
        elif sign == escape:
            escaped = True
        else:
            found.append(REST if sign == "%" else "(?s:.)")
    return "".join(found)


def literally(text: str) -> str:
    """A text as an expression that matches just it.

    Example:
        >>> literally("a.b")
        'a\\\\.b'
    """
    return re.escape(text)


def searching(pattern: str) -> str:
    """An expression over a whole text as one to search with; `anywhere` reads it back.

    Example:
        >>> searching("a|b"), anywhere(searching("a|b"))
        ('^(?:a|b)$', 'a|b')
    """
    return f"^(?:{pattern})$"


def is_pythons(pattern: str) -> bool:
    """Whether Python reads an expression, too, and as RE2 does.

    Example:
        >>> is_pythons("[a-z]+"), is_pythons("[[:alpha:]]"), is_pythons("[")
        (True, False, False)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what newer versions of Python would read otherwise
            re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError):
        return False
    return True


def _ends(pattern: str) -> bool:
    """Whether an expression ends with a `$` that is no sign of the text."""
    before = pattern[:-1]
    return pattern.endswith("$") and (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _as_re2(pattern: str) -> str:
    r"""Two of Python's spellings that RE2 reads otherwise: `\Z`, and `{,n}` (text to RE2)."""
    return _REWRITTEN.sub(lambda found: r"\z" if found[0] == r"\Z" else "{0,", pattern)


def _is_closed(inner: str) -> bool:
    """Whether brackets that were taken off were a pair: `^(?:a)b(?:c)$` is no `a)b(?:c`."""
    return is_pythons(inner)
