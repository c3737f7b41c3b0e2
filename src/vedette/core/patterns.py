"""Regular expressions of RE2: linear time whatever the text, so that a schema is no risk.

Owns: compiling one, and matching a whole text.  Does not own: where patterns are said
(`core.constraints`, `core.rules`).  RE2 is loaded when the first pattern is compiled.
"""

from collections.abc import Callable

from vedette.core.errors import SchemaError


def whole_match(pattern: str, where: str) -> Callable[[str], bool]:
    """Compile a pattern to a function that says whether it matches all of a text.

    Errors: SchemaError for what is no expression of RE2; `where` names it to people.
    Example:
        >>> matches = whole_match("[a-z]+", "field 'x'")
        >>> matches("abc"), matches("abc "), matches("")
        (True, False, False)
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)  # says why; a set does not
        # A set of one pattern: a seventh of the cost of the library's `fullmatch`, which also
        # works out where in the text groups lie.
        only = re2.Set.FullMatchSet(options)
        only.Add(pattern)
        only.Compile()
    except (re2.error, UnicodeEncodeError) as error:
        raise SchemaError(
            where, "pattern is no expression of RE2", got=repr(pattern), hint=_said(error)
        ) from error

    def matches(text: str) -> bool:
        try:
            return bool(only.Match(text))
        except UnicodeEncodeError:  # half a surrogate pair is no text
            return False

    return matches


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
