"""What a model may be called.

Owns: the rule, and bringing names of other systems under it.  Does not own: who is asked for.
"""

import unicodedata

LONGEST_NAME = 128  # characters
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def is_model_name(text: str) -> bool:
    """Whether a model may be called so: shown on one line as it is, and a part of a path.

    Bounds: no control and no format characters (those that turn text round among them).

    Example:
        >>> [is_model_name(name) for name in ("fraud v2", "..", "a/b", "a\\u202eb", "a\\x00", "")]
        [True, False, False, False, False, False]
    """
    if not 1 <= len(text) <= LONGEST_NAME or text in (".", "..") or "/" in text:
        return False
    if text.isascii():
        return text.isprintable()
    return not any(unicodedata.category(one) in _HIDDEN for one in text)


def as_model_name(text: str) -> str:
    """A name of another system as one of ours: `/` as `:`, what cannot be seen left out, cut short.

    "" when nothing is left of it.

    Example:
        >>> as_model_name("meta-llama/Llama-3 8B\\n"), as_model_name("..")
        ('meta-llama:Llama-3 8B', '')
    """
    name = text.replace("/", ":").strip()
    if not is_model_name(name):
        seen = (one for one in name if unicodedata.category(one) not in _HIDDEN)
        name = "".join(seen).strip()[:LONGEST_NAME].strip()
    return name if is_model_name(name) else ""
