"""Does serving see what training saw?  The page of a model's twins.

Owns: what its template is filled with.  Does not own: the numbers (`web.skew`), drawings
(`web.charts.skew`).
"""

from typing import Any
from urllib.parse import quote

from vedette.core.words import count, number, percent
from vedette.engine.twin_causes import in_words
from vedette.monitors.twins import DISAGREE, WORDS
from vedette.report.figures.twins import HEIGHT
from vedette.web import documents
from vedette.web.answers import Answer, Problem
from vedette.web.asked import asked
from vedette.web.call import Call
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of
from vedette.web.shares import bounded
from vedette.web.skew import Told, Twinned, looked, twinned
from vedette.web.skew_document import why_none

MOST = 200  # columns of the table; the API has all
OF_ALL = 5  # columns whose names stand in the answer


def page_skew(call: Call) -> Answer:
    """How serving and training agree over a stretch of time."""
    one = asked(call)
    found = twinned(one)
    told = found.columns
    wanted = call.query().word("column")
    known = {own.column: own for own in told}
    if wanted and known and wanted not in known:
        raise Problem(404, "no_column", f"No pair has a column {wanted[:80]!r}.", "column")
    chosen = known.get(wanted or "") or next(iter(told), None)
    path = f"/models/{quote(one.past.model, safe='')}/skew"
    return render(
        call,
        "skew.html.jinja",
        model=one.past.model,
        range=range_of(path, one.span, one.past.now, column=wanted),
        answer=_answer(found, told),
        pairing=_pairing(found),
        why=why_none(found),
        lines=[_line(own) for own in told[:MOST]],
        more=max(len(told) - MOST, 0),
        chosen=None if chosen is None else _chosen(found, chosen),
        height=HEIGHT,
        url=call.settings.server.url or "http://127.0.0.1:8642",
    )


def _answer(found: Twinned, told: list[Told]) -> dict[str, Any]:
    """The answer in a word and a sentence."""
    incident = next((own.open for own in told if own.open is not None), None)
    shown = incident and documents.incident_document(incident, whole=False)
    if not found.pairs:
        return {"verdict": "unknown", "word": "Unknown", "sentence": "", "incident": shown}
    judged = [own for own in told if own.watched]
    of = f"of {count(found.pairs)} events of this time beside their offline values"
    for verdict, word in (("alarming", "No"), ("notable", "Look closer")):
        names = [f"`{own.column}`" for own in judged if own.verdict == verdict]
        if names:
            some = ", ".join(names[:OF_ALL]) + (", ..." if len(names) > OF_ALL else "")
            said = f"{some}: more pairs disagree than is tolerated, {of}"
            return {"verdict": verdict, "word": word, "sentence": said, "incident": shown}
    said = f"No column disagrees more often than is tolerated, {of}"
    return {"verdict": "calm", "word": "Yes", "sentence": said, "incident": shown}


def _pairing(found: Twinned) -> str:
    """What became of the twins that came, in a sentence."""
    t = found.twins
    if not t.came:
        return ""
    said = [f"{count(t.came)} twins came since the first, {count(t.pairs)} found their event"]
    if settled := t.came - t.waiting:
        said[0] += f" ({percent(t.pairs / settled)} of those looked for)"
    if t.waiting:
        said.append(f"{count(t.waiting)} are looked for when the window ends")
    if t.unmatched:
        said.append(f"{count(t.unmatched)} wait for their event")
    if t.lost:
        said.append(f"{count(t.lost)} gave up")
    return "; ".join(said) + "."


def _line(told: Told) -> dict[str, Any]:
    kinds = {kind: told.share(kind) for kind in DISAGREE}
    return {
        "column": told.column,
        "verdict": told.verdict,
        "pairs": count(int(told.counts.sum())),
        "mismatch": bounded(told.share()),
        "now": "–" if told.now.rate is None else percent(told.now.rate),
        **{kind: percent(one.rate) if one.k else "–" for kind, one in kinds.items()},
        "tolerated": percent(told.tolerated),
        "watched": told.watched,
    }


def _chosen(found: Twinned, told: Told) -> dict[str, Any]:
    """One column whole."""
    seen = looked(found, told)
    tolerance = found.settings.tolerance_of(told.column)
    within = [f"{number(tolerance.relative)} of the larger value"] if tolerance.relative else []
    within += [number(tolerance.absolute)] if tolerance.absolute else []
    return {
        "column": told.column,
        "verdict": told.verdict,
        "watched": told.watched,
        "lines": [
            f"{bounded(told.share(kind))} {WORDS[kind]}" for kind in DISAGREE if told.share(kind).k
        ],
        "tolerance": " or ".join(within) or "none",
        "tolerated": percent(told.tolerated),
        "confused": [(one, two, percent(k / seen.n)) for one, two, k in seen.values],
        "of": count(seen.n),
        "hidden": seen.hidden,
        "events": list(seen.events),
        "causes": in_words(seen.causes),
    }
