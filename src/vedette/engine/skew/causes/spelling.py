"""The same text, spelt another way: case, blanks, marks, padding, a prefix or a suffix.

Owns: these ways.  Does not own: other names for the same thing (`recode`), cut texts
(`truncation`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from types import MappingProxyType

import numpy as np

from vedette.engine.skew.causes.candidate import KNOWN, PLAIN, Candidate
from vedette.engine.skew.causes.pairs import TEXT, Mask, Pairs

Respell = Callable[[str], str]
ALONE = 2  # different texts that share a prefix; one alone has another name


def _plain_letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))


WAYS: MappingProxyType[str, Respell] = MappingProxyType(
    {
        "in lower case": str.lower,
        "in upper case": str.upper,
        "capitalised": str.capitalize,
        "with Each Word Capitalised": str.title,
        "without blanks around it": str.strip,
        "without blanks at its end": str.rstrip,
        "without any blanks": lambda text: re.sub(r"\s+", "", text),
        "with single blanks": lambda text: re.sub(r"\s+", " ", text).strip(),
        "in lower case, without blanks around it": lambda text: text.strip().lower(),
        "in upper case, without blanks around it": lambda text: text.strip().upper(),
        "with _ for blanks": lambda text: re.sub(r"\s+", "_", text),
        "with - for blanks": lambda text: re.sub(r"\s+", "-", text),
        "in lower case, with _ for blanks": lambda text: re.sub(r"\s+", "_", text).lower(),
        "with _ for -": lambda text: text.replace("-", "_"),
        "without marks": lambda text: re.sub(r"[^\w\s]", "", text),
        "without accents": _plain_letters,
        "without leading zeros": lambda text: text.lstrip("0") or "0",
        "composed (Unicode NFC)": lambda text: unicodedata.normalize("NFC", text),
        "decomposed (Unicode NFD)": lambda text: unicodedata.normalize("NFD", text),
        "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
        "in quotes": lambda text: f'"{text}"',
    }
)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try every way, in both directions, then what is put before or behind."""
    if not pairs.offline.kind == pairs.online.kind == TEXT:
        return
    taken = pairs.take(fit & pairs.both)
    if not len(taken):
        return
    for words, way in WAYS.items():
        forth = _respelt(way)
        if np.any(forth(taken)):
            yield Candidate("spelling", f"training value {words}", forth, PLAIN)
        back = _back(way)
        if np.any(back(taken)) and words not in ("in lower case", "in upper case"):
            yield Candidate("spelling", f"what is, {words}, the training value", back, KNOWN)
    yield from _added(taken)


def _respelt(way: Respell) -> Callable[[Pairs], Mask]:
    return lambda pairs: _told(pairs, lambda a, b: way(a) == b)


def _back(way: Respell) -> Callable[[Pairs], Mask]:
    return lambda pairs: _told(pairs, lambda a, b: way(b) == a)


def _told(pairs: Pairs, says: Callable[[str, str], bool]) -> Mask:
    """Ask of every pair of different texts once."""
    known: dict[tuple[str, str], bool] = {}
    answers = np.zeros(len(pairs), np.bool_)
    for i, pair in enumerate(zip(pairs.offline.data, pairs.online.data, strict=True)):
        if pair not in known:
            known[pair] = says(*pair)
        answers[i] = known[pair]
    return answers & pairs.both


def _added(pairs: Pairs) -> Iterable[Candidate]:
    """A text that stands before or behind every value on one side."""
    before: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for a, b in dict.fromkeys(zip(pairs.offline.data, pairs.online.data, strict=True)):
        if a and len(b) > len(a):
            before[b[: -len(a)] if b.endswith(a) else ""] += 1
            behind[b[len(a) :] if b.startswith(a) else ""] += 1
    ways: tuple[tuple[str, Counter[str], Callable[[str], Respell]], ...] = (
        ("after", before, lambda mark: lambda text: mark + text),
        ("before", behind, lambda mark: lambda text: text + mark),
    )
    for words, found, put in ways:
        found.pop("", None)
        if found and (top := found.most_common(1)[0])[1] >= ALONE:
            yield Candidate(
                "spelling", f"training value {words} {top[0]!r}", _respelt(put(top[0])), KNOWN
            )
