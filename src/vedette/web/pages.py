"""The pages: what there is to see, for a person with a browser.

Owns: what each page shows.  Does not own: markup (`templates`), drawings (`web.sketching`), the
JSON API.  No script runs on any page, so nothing that a model's text says can.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote

from jinja2 import Environment

from vedette.alerts.incident import SEVERITIES
from vedette.core.errors import VedetteError
from vedette.core.version import __version__
from vedette.report import words
from vedette.report.markup import templates
from vedette.web import acts, documents, lookup
from vedette.web.answers import Answer, Headers, Problem, header, problem_of
from vedette.web.call import Call
from vedette.web.guard import COOKIE
from vedette.web.keys import EVERYTHING
from vedette.web.query import Query, read_query
from vedette.web.sketching import sketches

LISTED = 50
_ALL = Query(None, None, LISTED, None, {})
_HTML = (b"content-type", b"text/html; charset=utf-8")


def page_models(call: Call) -> Answer:
    """Every model, worst first, with what is open."""
    views = [view for view in call.service.models() if call.key.may("read", view.name)]
    active = Query(None, None, LISTED, None, {"state": "active"})
    opened = lookup.incidents(call.service.store, None, active, call.key)[0]
    worst = {incident["model"]: _rank(incident) for incident in sorted(opened, key=_rank)}
    models = sorted(
        map(documents.model_document, views),
        key=lambda model: (-worst.get(model["name"], -1), -_share(model), model["name"]),
    )
    opened.sort(key=_rank, reverse=True)
    return _page(call, "models.html.jinja", models=models, incidents=opened)


def page_model(call: Call) -> Answer:
    """One model: its state, evidence, incidents, deploys, findings."""
    view, store = call.view(), call.service.store
    cursor = read_cursor(call)
    query = _ALL._replace(cursor=cursor)
    incidents, more = lookup.incidents(store, view.name, query, call.key)
    return _page(
        call,
        "model.html.jinja",
        model=documents.model_document(view),
        incidents=incidents,
        more=more,
        deploys=lookup.entries(store, "note", view.name, _ALL._replace(limit=10), call.key)[0],
        findings=lookup.findings(store, view.name, _ALL._replace(limit=20))[0],
        schema=call.service.schema_of(view.name),
    )


def page_incident(call: Call, said: str = "", status: int = 200) -> Answer:
    """One incident: what happened, since when, why, before and after, its history."""
    found = acts.allowed_incident(call, "read")
    document = documents.incident_document(found)
    view = call.service.model(found.model)
    baseline = lookup.baseline(call.service.store, found.model, view.baseline) if view else None
    return _page(
        call,
        "incident.html.jinja",
        status,
        incident=document,
        may_act=call.key.may("admin", found.model),
        sketches=sketches(call.service.store, found, baseline),
        said=said,
    )


async def form_incident(call: Call) -> Answer:
    """Act on an incident from its page, then show it."""
    form = _form(call)
    hours = form.get("hours", "")
    until: int | None = None
    if form.get("act") == "mute" and hours.isascii() and hours.isdigit():
        until = call.now() + min(int(hours[:5]), 10_000) * 3_600_000_000_000
    action = acts.Action(form.get("act", ""), form.get("by", ""), form.get("note", ""), until)
    try:
        await acts.act(call, action)
    except (VedetteError, Problem) as error:
        problem = problem_of(error)
        if problem.status != 400:
            raise
        return page_incident(call, problem.message, 400)
    return _away(f"/incidents/{quote(call.path['incident'], safe='')}")


def page_quarantine(call: Call) -> Answer:
    """Refused events with reasons."""
    query = _ALL._replace(cursor=read_cursor(call))
    found, more = lookup.entries(call.service.store, "quarantine", None, query, call.key)
    return _page(call, "quarantine.html.jinja", entries=found, more=more)


def page_status(call: Call) -> Answer:
    """The server, its messages, its dead letters."""
    dead = Query(None, None, LISTED, None, {"state": "dead"})
    return _page(
        call,
        "status.html.jinja",
        gauges=call.service.gauges(),
        unready=call.service.unready(),
        dead=lookup.entries(call.service.store, "message", None, dead, call.key)[0],
    )


def page_login(call: Call, said: str = "", status: int = 200) -> Answer:
    """Where a key is entered."""
    return _page(call, "login.html.jinja", status, said=said)


def form_login(call: Call) -> Answer:
    """Take a key, and keep it in a cookie that no script can read."""
    text = _form(call).get("key", "").strip()
    if call.ring.find(text) is None:
        return page_login(call, "This key is not known, or has expired.", 403)
    secure = "; Secure" if call.scope.get("scheme") == "https" else ""
    cookie = f"{COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}"
    return _away("/", [(b"set-cookie", cookie.encode())])


def form_logout(call: Call) -> Answer:
    """Forget the key."""
    cookie = f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    return _away("/login", [(b"set-cookie", cookie.encode())])


def style(call: Call) -> Answer:
    """The style sheet."""
    css = (files("vedette.web") / "templates" / "vedette.css").read_bytes()
    return Answer(200, css, [(b"content-type", b"text/css; charset=utf-8")])


def problem_page(problem: Problem) -> Answer:
    """A page that says what is wrong."""
    text = _environment().get_template("problem.html.jinja").render(
        problem=problem, version=__version__, keyed=False
    )  # fmt: skip
    return Answer(problem.status, text.encode("utf-8", "replace"), [_HTML, *problem.headers])


def read_cursor(call: Call) -> tuple[int, str] | None:
    """The place in a list that a page's link names."""
    return read_query(call.pairs, ("cursor",)).cursor


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = templates("vedette.web", "templates")
    environment.filters |= {"when": _when, "segment_of": lambda path: quote(str(path), safe="")}
    environment.globals |= {
        "effect": words.effect, "before_after": words.before_after, "subject": words.subject,
    }  # fmt: skip
    return environment


def _page(call: Call, template: str, status: int = 200, **given: Any) -> Answer:
    keyed = call.caller is not None and call.caller is not EVERYTHING
    text = _environment().get_template(template).render(
        version=__version__, keyed=keyed, **given
    )  # fmt: skip
    return Answer(status, text.encode("utf-8", "replace"), [_HTML])


def _form(call: Call) -> dict[str, str]:
    if not header(call.scope, b"content-type").startswith("application/x-www-form-urlencoded"):
        raise Problem(415, "unknown_type", "This takes a form.")
    try:
        return dict(parse_qsl(call.body.decode("utf-8"), max_num_fields=16))
    except ValueError:
        raise Problem(400, "wrong_body", "This form cannot be read.") from None


def _away(path: str, headers: Headers = []) -> Answer:  # noqa: B006 - not written to
    return Answer(303, b"", [(b"location", path.encode()), *headers])


def _when(text: str | None) -> str:
    """An instant as people read it.

    Example:
        >>> _when("2026-11-01T10:00:00Z"), _when(None)
        ('2026-11-01 10:00:00 UTC', '–')
    """
    return "–" if text is None else f"{text[:19].replace('T', ' ')} UTC"


def _rank(incident: dict[str, Any]) -> int:
    severity = incident["severity"]
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def _share(model: dict[str, Any]) -> float:
    shares = [clock.get("share") or 0.0 for clock in model["evidence"].values()]
    return max(shares, default=0.0)
