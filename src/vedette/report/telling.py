"""Which findings to tell a person, once each: a change that shows in every segment is one change.

Owns: gathering findings about the same thing.  Does not own: their verdicts, order or words.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vedette.core.words import plural
from vedette.report.words import MATTER, VERDICTS


class Told(NamedTuple):
    """A finding to tell, and those of segments that say the same of fewer rows, largest first."""

    finding: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...]
    segments: frozenset[str] = frozenset()  # every segment in which its column was compared

    @property
    def also(self) -> str:
        """Where else it shows, as the end of a sentence; "" for nowhere."""
        if not self.others:
            return ""
        more = len(self.others)
        if self.finding["segment"]:
            return f"; and in {plural(more, 'more segment')}"
        if more > 1 and self.segments <= {other["segment"] for other in self.others}:
            return "; also in every segment"
        most = self.others[0]["segment"].replace("=", " = ", 1)
        return f"; also where {most}" + (f" and in {more - 1} more" if more > 1 else "")


def telling(findings: Iterable[Mapping[str, Any]]) -> list[Told]:
    """Gather the findings that matter by column, component and category, worst first.

    The one over all rows speaks for those in segments, unless a segment's verdict is worse.

    Shapes: findings ranked as in the document.
    Example:
        >>> same = {"column": "x", "component": "level", "category": None, "verdict": "alarming"}
        >>> [told] = telling([same | {"segment": "c=A"}, same | {"segment": ""}])
        >>> told.finding["segment"], told.also
        ('', '; also where c = A')
    """
    findings = list(findings)
    segments: dict[str, set[str]] = {}
    for finding in findings:
        if finding["segment"]:
            segments.setdefault(finding["column"], set()).add(finding["segment"])
    groups: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for finding in findings:
        if finding["verdict"] in MATTER:
            key = finding["column"], finding["component"], finding["category"]
            groups.setdefault(key, []).append(finding)
    told = []
    for group in groups.values():
        chosen = min(group, key=lambda f: (VERDICTS.index(f["verdict"]), bool(f["segment"])))
        others = tuple(f for f in group if f is not chosen and f["segment"])
        told.append(Told(chosen, others, frozenset(segments.get(chosen["column"], ()))))
    return sorted(told, key=_rank)


def _rank(entry: Told) -> tuple[int, float]:
    """Worst verdict, then largest effect, both of the finding that is told."""
    return VERDICTS.index(entry.finding["verdict"]), -(entry.finding.get("magnitude") or 0.0)


def together(told: Iterable[Told]) -> list[Told]:
    """What is told of one column behind one another, columns in the order of their worst."""
    entries = list(told)
    first: dict[str, int] = {}
    for entry in entries:
        first.setdefault(entry.finding["column"], len(first))
    return sorted(entries, key=lambda entry: first[entry.finding["column"]])


def statement(finding: Mapping[str, Any]) -> str:
    """The reason of a finding, with its segment where the reason does not name it.

    Example:
        >>> statement({"reason": "`x` rose", "segment": "c=A"})
        '`x` rose where c = A'
    """
    where = f"where {finding['segment'].replace('=', ' = ', 1)}"
    named = not finding["segment"] or where in finding["reason"]
    return str(finding["reason"]) if named else f"{finding['reason']} {where}"
