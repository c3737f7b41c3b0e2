"""Text read by other rules: comma for point, lost separators, signs of percent, day for month.

Owns: these.  Does not own: the same text in other letters (`spelling`).
"""

import re
from collections.abc import Callable, Iterable
from types import MappingProxyType

import numpy as np

from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE, near
from vedette.engine.skew.causes.pairs import NUMBER, TEXT, TIME, Mask, Pairs, Values

Reader = Callable[[str], str]
READERS: MappingProxyType[str, Reader] = MappingProxyType(
    {
        "with a decimal comma": lambda text: text.replace(".", "").replace(",", "."),
        "with commas between thousands": lambda text: text.replace(",", ""),
        "with blanks between thousands": lambda text: re.sub(r"[\s']", "", text),
        "with a sign of money": lambda text: re.sub(r"^[^\d.+-]+|[^\d.]+$", "", text),
        "in brackets where negative": lambda text: re.sub(r"^\((.*)\)$", r"-\1", text),
    }
)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try each rule that these kinds of values allow."""
    kinds = {pairs.offline.kind, pairs.online.kind}
    if kinds == {NUMBER, TEXT}:
        side = "serving" if pairs.online.kind == TEXT else "training"
        for words, reader in READERS.items():
            yield Candidate(
                "parse", f"training value; {side} writes numbers {words}", _read(reader, 1.0), PLAIN
            )
        yield Candidate(
            "parse", f"training value; {side} writes percents", _read(_no_percent, 0.01), PLAIN
        )
    elif kinds == {NUMBER}:
        yield Candidate("parse", "training value without its decimal point", _pointless, PLAIN)
    elif kinds == {TIME}:
        yield Candidate("parse", "training value with day and month exchanged", _exchanged, PLAIN)
    elif kinds == {TEXT}:
        for words, reader in list(READERS.items())[:2]:
            yield Candidate(
                "parse", f"training value, a number written {words}", _as_number(reader), PLAIN
            )


def _no_percent(text: str) -> str:
    return text.replace("%", "").replace(",", ".") if "%" in text else ""


def _read(reader: Reader, factor: float) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        texts, numbers = pairs.online, pairs.offline
        if numbers.kind == TEXT:
            texts, numbers = numbers, texts
        read = _floats(texts, reader) * factor
        with np.errstate(invalid="ignore"):
            size = np.maximum(np.abs(read), np.abs(numbers.data))
            same = np.abs(read - numbers.data) <= CLOSE * size
            plain = np.abs(_floats(texts, str) - numbers.data) <= 2 * CLOSE * size
        return np.asarray(same & ~plain & pairs.both)  # read as it stands it is the same as well

    return explains


def _as_number(reader: Reader) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        as_is = [_floats(side, str) for side in (pairs.offline, pairs.online)]
        read = [_floats(side, reader) for side in (pairs.offline, pairs.online)]
        with np.errstate(invalid="ignore"):
            forth, back = as_is[0] == read[1], as_is[1] == read[0]
        return np.asarray((forth | back) & pairs.both)

    return explains


def _floats(texts: Values, reader: Reader) -> np.ndarray:
    found = np.full(len(texts), np.nan)
    for i, text in enumerate(texts.data):
        try:
            found[i] = float(reader(text))
        except ValueError:
            continue
    return found


def _pointless(pairs: Pairs) -> Mask:
    """12.5 became 125, and 3.25 became 325: the point is gone, however many decimals there were."""
    digits = np.full(len(pairs), np.nan)
    for i, (value, lost) in enumerate(zip(pairs.offline.data, pairs.offline.missing, strict=True)):
        text = repr(float(value))
        if lost or "e" in text or text.endswith(".0"):
            continue
        digits[i] = float(text.replace(".", ""))
    return near(digits, pairs) & pairs.both


def _exchanged(pairs: Pairs) -> Mask:
    days = [side.data.astype("datetime64[us]").astype("datetime64[D]") for side in
            (pairs.offline, pairs.online)]  # fmt: skip
    months = [day.astype("datetime64[M]") for day in days]
    years = [month.astype("datetime64[Y]") for month in months]
    day = [(d - m).astype(np.int64) + 1 for d, m in zip(days, months, strict=True)]
    month = [(m - y).astype(np.int64) + 1 for m, y in zip(months, years, strict=True)]
    clock = (pairs.offline.data - pairs.online.data) % 86_400_000_000 == 0
    return np.asarray(
        (years[0] == years[1]) & (day[0] == month[1]) & (month[0] == day[1]) & clock & pairs.both
    )
