"""How numbers are spelt, everywhere the same: reasons, terminal, reports, dashboard.

Owns: digits, percentages, counts, plurals, probabilities in words; plain ASCII, for any terminal.
Does not own: sentences (monitors write their own reasons).
"""

from math import floor, isfinite, isnan, log10

_PLAIN_BELOW = 1e7  # numbers with more integer digits than this are no longer read, only compared
_PLAIN_ABOVE = 1e-3  # 0.0012 is readable, 0.00012 invites miscounting zeros
_SMALLEST_PERCENT = 1e-3
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")


def number(x: float | None, digits: int = 4) -> str:
    """Spell a number with that many significant digits; integer digits are never rounded away.

    Bounds: nan and None give "n/a".
    Example:
        >>> number(1043.24), number(80789.0), number(0.1), number(0.000123456), number(2.5e12)
        ('1043', '80,789', '0.1', '0.0001235', '2.5e12')
        >>> number(0.4231, 2), number(-12.345, 2), number(float("nan")), number(float("-inf"))
        ('0.42', '-12', 'n/a', '-infinity')
    """
    if x is None or isnan(x):
        return "n/a"
    if not isfinite(x):
        return "infinity" if x > 0 else "-infinity"
    if x == 0:
        return "0"
    size = abs(x)
    if size >= _PLAIN_BELOW or size < _PLAIN_ABOVE / 10:
        mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
        return f"{_strip(mantissa)}e{int(exponent)}"
    decimals = max(digits - 1 - _exponent(size, digits), 0)
    text = _strip(f"{x:,.{decimals}f}")
    # Four digits read well without a separator (1043, a year); from five on they do not.
    return text.replace(",", "") if size < 9999.5 else text


def percent(share: float | None) -> str:
    """Spell a share in percent, two significant digits, never rounded up to all or down to none.

    Units: ``share`` is a fraction: 0.38 is 38 %.
    Example:
        >>> percent(0.38), percent(0.0021), percent(0.9962), percent(1.0), percent(0.0)
        ('38 %', '0.21 %', '99.62 %', '100 %', '0 %')
        >>> percent(3e-7), percent(1 - 1e-9), percent(-0.051), percent(2.5), percent(None)
        ('< 0.001 %', '> 99.999 %', '-5.1 %', '250 %', 'n/a')
    """
    if share is None or not isfinite(share):
        return "n/a"
    value = 100 * share
    size = abs(value)
    if size in (0.0, 100.0):
        return f"{value:.0f} %".replace("-0 ", "0 ")
    if size < _SMALLEST_PERCENT:
        return f"{'< ' if value > 0 else '> -'}{_SMALLEST_PERCENT} %"
    if 99.5 < size < 100:
        rest = 100 - size
        if rest < _SMALLEST_PERCENT:
            return "> 99.999 %" if value > 0 else "< -99.999 %"
        size = rest
    return f"{_strip(f'{value:,.{max(1 - _exponent(size, 2), 0)}f}')} %"


def span(low: float, high: float) -> str:
    """Spell an interval of a share so that its ends can be told apart.

    Example:
        >>> span(0.16632, 0.16979), span(0.0, 0.0077), span(0.1, 1.0)
        ('16.6 % to 17 %', '0 % to 0.77 %', '10 % to 100 %')
    """
    ends = [percent(low), percent(high)]
    if ends[0] == ends[1] or 0.001 < high - low < 0.01:
        ends = [f"{number(100 * one, 3)} %" for one in (low, high)]
    return " to ".join(ends)


def points(change: float) -> str:
    """Spell a change of a share in points of a hundred, at most two decimals.

    Example:
        >>> points(0.0312), points(-0.01), points(0.00004)
        ('3.1', '-1', '0')
    """
    value = round(100 * change, 2)
    return number(float(f"{value:.2g}"), 2) if abs(value) < 10 else number(round(value, 1), 3)


def times(value: float) -> str:
    """Spell a ratio, so that one sees on which side of 1 it lies.

    Example:
        >>> times(1.019), times(0.75), times(0.012), times(12.34)
        ('1.02', '0.75', '0.012', '12.3')
    """
    return f"{value:.2f}" if 0.095 <= value < 10 else number(value, 2 if value < 1 else 3)


def count(n: int) -> str:
    """Spell a count exactly.

    Example:
        >>> count(7), count(1043), count(80789)
        ('7', '1043', '80,789')
    """
    return f"{n:,}" if abs(n) >= 10_000 else str(n)


def size(n: float) -> str:
    """Spell a number of bytes.

    Example:
        >>> size(223_412_345.0), size(512.0), size(-822_957.0), size(1.5e9), size(float("nan"))
        ('223.4 MB', '512 B', '-823 kB', '1.5 GB', 'n/a')
    """
    if not isfinite(n):
        return number(n)
    place = min(max(_exponent(abs(n), 4) // 3, 0), len(_SIZES) - 1) if n else 0
    return f"{number(n / 1000**place)} {_SIZES[place]}"


def plural(n: int, one: str, many: str = "") -> str:
    """Spell a count with its noun.

    Example:
        >>> plural(1, "column"), plural(3, "column"), plural(0, "category", "categories")
        ('1 column', '3 columns', '0 categories')
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def p_words(p: float | None) -> str:
    """Say how often chance alone does this.

    Units: a probability in [0, 1].
    Example:
        >>> p_words(0.5), p_words(0.043), p_words(0.0011), p_words(2e-5), p_words(3e-8)
        ('1 in 2', '1 in 23', '1 in 910', '1 in 50,000', '1 in 33 million')
        >>> p_words(1e-30), p_words(0.98), p_words(0.0), p_words(None)
        ('less than 1 in a billion', 'almost always', 'less than 1 in a billion', 'n/a')
    """
    if p is None or isnan(p):
        return "n/a"
    if p > 2 / 3:
        return "almost always" if p > 0.9 else "2 times in 3"
    if p < 1e-9:
        return "less than 1 in a billion"
    one_in = 1 / p
    step = 10 ** max(floor(log10(one_in)) - 1, 0)
    rounded = int(round(one_in / step) * step)
    if rounded >= 1_000_000:
        return f"1 in {count(rounded // 1_000_000)} million"
    return f"1 in {count(rounded)}"


def _exponent(size: float, digits: int) -> int:
    """The power of ten of the leading digit after rounding to that many digits."""
    return int(f"{size:.{digits - 1}e}".split("e")[1])


def _strip(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
