"""What counters gained between two scrapes.

Owns: differences, series that begin, counters that begin anew.  Does not own: which samples are
counters (`engines`).
"""

from collections.abc import Callable

from vedette.ingest.scrape.text import COUNT, PLAIN, TOTAL, Sample, Scrape

Gain = Callable[[Sample], float]


def gains(before: Scrape, now: Scrape) -> Gain:
    """A function from a sample of `now` to what it gained since `before`.

    A series that was not there has begun at zero.  Where one went down, its server has begun anew,
    and all that it shows came since; all parts of a histogram began anew where its count did.

    Example:
        >>> from vedette.ingest.scrape.text import read_exposition
        >>> text = b"# TYPE a counter\\na_total "
        >>> old, new = read_exposition(text + b"5", "", 0), read_exposition(text + b"2", "", 1)
        >>> gains(old, new)(new.samples[0])
        2.0
    """
    known = before.values
    anew = {
        sample.series
        for sample in now.samples
        if sample.part in (PLAIN, COUNT, TOTAL) and sample.value < known.get(sample[:4], 0.0)
    }

    def gained(sample: Sample) -> float:
        if sample.series in anew:
            return sample.value
        return max(sample.value - known.get(sample[:4], 0.0), 0.0)

    return gained
