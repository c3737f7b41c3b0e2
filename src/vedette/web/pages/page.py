"""A page of HTML: rendering one, reading a form, going elsewhere.

Owns: the filters and words that all templates share.  Does not own: what single pages show (the
files beside this one), markup (`templates`), what moves (`static/vedette.js`).

Everything in a template is escaped, and only scripts of this package run, so nothing that a model's
text says can.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment
from markupsafe import Markup, escape

from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.harm import spelt as spelt_points
from vedette.core.durations import SECOND, roughly
from vedette.core.errors import VedetteError
from vedette.core.version import __version__
from vedette.core.words import points
from vedette.engine.saved import spelt
from vedette.monitors.blindness import MONITOR as BLINDNESS
from vedette.monitors.blindness import is_reading
from vedette.monitors.metrics import MONITOR as METRICS
from vedette.monitors.objectives import MONITOR as OBJECTIVES
from vedette.monitors.saturation import MONITOR as SATURATION
from vedette.monitors.schema import MONITOR as SCHEMA
from vedette.monitors.tail import MONITOR as TAIL
from vedette.monitors.twins import MONITOR as TWINS
from vedette.report import words
from vedette.report.markup import templates
from vedette.web import assets
from vedette.web.answers import Answer, Headers, Problem, header, problem_of
from vedette.web.call import Call
from vedette.web.keys import EVERYTHING
from vedette.web.performance_verdict import MONITORS
from vedette.web.query import Query, read_query

LISTED = 50
FIELDS = 1_000  # of a form; its bytes are bounded before
ALL = Query(None, None, LISTED, None, {})
# How harm is marked: as the verdict of a finding is.
HARMS = {"harmful": "alarming", "benign": "calm", "unknown": "unknown"}
WAYS = {"shapley": "its part of the change (Shapley)", "mix": "its own mix alone",
        "difference": "what is left"}  # fmt: skip
OF_SERIES = (METRICS, SATURATION)  # monitors of what is drawn as a series
# Monitors of the service itself, and the sections that are about them.
OF_SERVICE = {OBJECTIVES: "#objectives", BLINDNESS: "#up"}
_HTML = (b"content-type", b"text/html; charset=utf-8")


def render(call: Call, template: str, status: int = 200, **given: Any) -> Answer:
    """Fill a template."""
    keyed = call.caller is not None and call.caller is not EVERYTHING
    text = environment().get_template(template).render(
        version=__version__, keyed=keyed, here=call.scope.get("path", "/"), **given
    )  # fmt: skip
    return Answer(status, text.encode("utf-8", "replace"), [_HTML])


def problem_page(problem: Problem, *, keyed: bool = False) -> Answer:
    """A page that says what is wrong; `keyed`: to somebody with a key, who may forget it."""
    text = environment().get_template("problem.html.jinja").render(
        problem=problem, version=__version__, keyed=keyed, here=""
    )  # fmt: skip
    return Answer(problem.status, text.encode("utf-8", "replace"), [_HTML, *problem.headers])


def read_form(call: Call) -> dict[str, str]:
    """The fields of a form that was sent.  Errors: Problem, 400 and 415."""
    if not header(call.scope, b"content-type").startswith("application/x-www-form-urlencoded"):
        raise Problem(415, "unknown_type", "This takes a form.")
    try:
        return dict(parse_qsl(call.body.decode("utf-8"), max_num_fields=FIELDS))
    except ValueError:
        raise Problem(400, "wrong_body", "This form cannot be read.") from None


def refusal(error: VedetteError | Problem) -> str:
    """Why a form was refused, for its page to say.  Errors: what is no fault of the form."""
    problem = problem_of(error)
    if problem.status != 400:
        raise error
    return problem.message


def away(path: str, headers: Headers = []) -> Answer:  # noqa: B006 - not written to
    """Send the browser to another page."""
    return Answer(303, b"", [(b"location", path.encode()), *headers])


def read_cursor(call: Call) -> tuple[int, str] | None:
    """The place in a list that a page's link names."""
    return read_query(call.pairs, ("cursor",)).cursor


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates."""
    made = templates("vedette.web", "templates")
    made.filters |= {
        "when": when, "remark": remark, "lasting": lasting, "segment_of": segment_of,
        "address": address,
    }  # fmt: skip
    made.globals |= {
        "asset": assets.path, "effect": words.effect, "before_after": words.before_after,
        "subject": words.subject, "MARKS": words.MARKS, "VERDICTS": words.VERDICTS,
        "SEVERITY_MARKS": words.SEVERITY_MARKS, "HARMS": HARMS, "WAYS": WAYS, "points": points,
        "plural_points": spelt_points,
        "column_page": column_page, "subject_page": subject_page, "spelt": spelt,
    }  # fmt: skip
    return made


def lasting(seconds: float) -> str:
    """A length of time as people say it.

    Example:
        >>> lasting(90.0), lasting(200_000.0)
        ('2 minutes', '2 days')
    """
    return roughly(round(seconds * SECOND))


def segment_of(path: object) -> str:
    """A name as one segment of a path.

    Example:
        >>> segment_of("a/b c")
        'a%2Fb%20c'
    """
    return quote(str(path), safe="")


def address(path: str, **query: object) -> str:
    """A path with a query; what is None or "" is left out.

    Example:
        >>> address("/models/m", start="2026-11-01", column="a&b", segment=None)
        '/models/m?start=2026-11-01&column=a%26b'
    """
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def column_page(model: str, column: str) -> str:
    """The address of a column's page.

    Example:
        >>> column_page("fraud", "a/b")
        '/models/fraud/columns/a%2Fb'
    """
    return f"/models/{segment_of(model)}/columns/{segment_of(column)}"


def subject_page(model: str, monitor: str, column: str, segment: str = "") -> str:
    """The address where a stream can be looked at: its column's page, what rows must obey, or
    whether the model is still right, or right for everyone, or whether serving sees what training
    does; how the service runs, or the series of a metric.

    Example:
        >>> subject_page("m", "concept", "label", "a=b")
        '/models/m?segment=a%3Db#right'
        >>> subject_page("m", "parity", "race", "race=B")
        '/models/m/fairness?groups=race&group=race%3DB#over'
        >>> subject_page("m", "schema", "rule order")
        '/models/m/schema'
        >>> subject_page("m", "twins", "distance")
        '/models/m/skew?column=distance#column'
        >>> subject_page("m", "objectives", "availability")
        '/models/m/service#objectives'
        >>> subject_page("m", "saturation", "queue.waiting{engine=0}")
        '/models/m/anomalies?series=queue.waiting%7Bengine%3D0%7D#metrics'
    """
    if monitor == SCHEMA:
        return f"/models/{segment_of(model)}/schema"
    if monitor in OF_GROUPS:
        path = f"/models/{segment_of(model)}/fairness"
        return address(path, groups=column, group=segment) + "#over"
    if monitor in MONITORS:
        return address(f"/models/{segment_of(model)}", segment=segment) + "#right"
    if monitor == TWINS:
        return address(f"/models/{segment_of(model)}/skew", column=column) + "#column"
    if monitor == TAIL:
        path = f"/models/{segment_of(model)}/service"
        return address(path, column=column, segment=segment) + "#over"
    if monitor in OF_SERIES or (monitor == BLINDNESS and is_reading(column)):
        return address(f"/models/{segment_of(model)}/anomalies", series=column) + "#metrics"
    if monitor in OF_SERVICE:
        return f"/models/{segment_of(model)}/service{OF_SERVICE[monitor]}"
    return address(column_page(model, column), segment=segment)


def is_of_service(monitor: str) -> bool:
    """Whether a monitor's streams are looked at as series, or on the page of the service."""
    return monitor == TAIL or monitor in OF_SERIES or monitor in OF_SERVICE


def remark(note: Mapping[str, Any]) -> str:
    """What a deploy or a remark says, with the version where its words do not name it.

    Example:
        >>> remark({"version": "2", "text": "version 2"}), remark({"version": "2"})
        ('version 2', 'version 2')
        >>> remark({"version": "2", "text": "hotter"}), remark({"text": "a remark"})
        ('2 hotter', 'a remark')
    """
    version, text = str(note.get("version") or ""), str(note.get("text") or "")
    if not text:
        return f"version {version}" if version else ""
    return text if not version or version in text.split() else f"{version} {text}"


def when(text: str | None, seconds: bool = False) -> Markup:
    """An instant as people read it; the script turns it into the reader's own time.

    Where scripts run the zone is never drawn, so that no line breaks anew when it goes.

    Example:
        >>> print(when("2026-11-01T10:00:00Z"), when(None))
        <time datetime="2026-11-01T10:00:00Z" title="2026-11-01 10:00:00 UTC">2026-11-01 10:00<span> UTC</span></time> –
    """  # noqa: E501
    if text is None:
        return Markup("–")
    stamp, plain = escape(text), escape(text[:19].replace("T", " "))
    mark, shown = (" data-seconds", plain) if seconds else ("", plain[:16])
    # Not `Markup.format`, which takes ten times as long: an overview has a thousand instants.
    return Markup(  # noqa: S704 - both are escaped
        f'<time datetime="{stamp}"{mark} title="{plain} UTC">{shown}<span> UTC</span></time>'
    )
