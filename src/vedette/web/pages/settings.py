"""The server and what it was told: health, channels and routes, keys, quarantine, storage."""

from collections import Counter
from typing import Any

from vedette.engine.live import StorageSettings
from vedette.web import documents, lookup, manage
from vedette.web.answers import Answer, Problem, problem_of
from vedette.web.call import Call
from vedette.web.keys import ADMIN, SCOPES
from vedette.web.pages.login import key_cookie
from vedette.web.pages.page import LISTED, away, read_form, render
from vedette.web.query import Query
from vedette.web.veil import veil_of

REFUSED = 1_000  # newest refused events that are counted
KEPT = (  # storage settings, in words
    ("events", "events and labels"),
    ("minutes", "counts of every minute"),
    ("profiles", "counts of every window of the drift clock"),
    ("findings", "findings"),
    ("quarantine", "refused events"),
)
NEEDED = "From now on every request to this server needs a key."
ENTERED = "This browser has been logged in with it."
FIRST = "The first key must be one for everything (admin, all models): it makes the others."
NOBODY = (
    "No key is left: nobody can send or look any more until one is made on the server, with "
    "`vedette keys create`."
)


def page_settings(
    call: Call,
    said: str = "",
    status: int = 200,
    made: tuple[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> Answer:
    """The whole server; `made` is a key that was just made, and what to say of it."""
    store, whole = call.service.store, manage.is_whole(call)
    dead = Query(None, None, LISTED, None, {"state": "dead"})
    refused = [entry.model for entry in store.read("quarantine", newest_first=True, limit=REFUSED)]
    refused = [model for model in refused if call.key.may("read", model)]
    return render(
        call,
        "settings.html.jinja",
        status,
        said=said,
        made=made,
        given=given or {},
        whole=whole,
        gauges=call.service.gauges(),
        unready=call.service.unready(),
        dead=lookup.entries(store, "message", None, dead, veil_of(call))[0],
        channels=_channels(call),
        routes=call.settings.routes,
        keys=manage.keys_document(call) if whole else [],
        own=call.key.id,
        is_open=call.ring.is_open,
        scopes=SCOPES,
        refused=sorted(Counter(refused).items(), key=lambda item: -item[1]),
        most_refused=REFUSED if len(refused) == REFUSED else 0,
        storage=_storage(call.settings.storage),
        models=[name for name in call.service.names() if call.key.may("read", name)],
    )


def form_key(call: Call) -> Answer:
    """Make a key; of all pages only this answer shows it."""
    form, first = read_form(call), call.ring.is_open
    scopes = tuple(scope for scope in SCOPES if form.get(f"scope_{scope}"))
    body = manage.KeyBody(
        scopes, form.get("models", "*"), form.get("note", ""), form.get("expires") or None
    )
    try:
        if first and (ADMIN not in scopes or body.models != "*"):
            raise Problem(400, "wrong_key", FIRST, "scopes")
        text, _ = manage.new_key(call, body)
    except Problem as problem:
        if problem.status != 400:
            raise
        return page_settings(call, problem.message, 400, given=form)
    answer = page_settings(call, made=(text, f"{NEEDED} {ENTERED}" if first else ""))
    if first:
        answer.headers.append((b"set-cookie", key_cookie(call, text)))
    return answer


def form_revoke(call: Call) -> Answer:
    """End a key."""
    manage.end_key(call)
    if not call.ring.keys():
        return page_settings(call, NOBODY)
    return away("/settings#keys")


def form_channel(call: Call) -> Answer:
    """Send a test message; the page then shows what came of it."""
    try:
        manage.tested(call)
    except Problem as error:
        problem = problem_of(error)
        if problem.status == 403:
            raise
        return page_settings(call, problem.message, problem.status)
    return away("/settings#channels")


def _channels(call: Call) -> list[dict[str, Any]]:
    """The channels, with how many routes lead to each, and its last test."""
    found = []
    for name, channel in call.settings.channels.items():
        tested = call.tools.tested.get(name)
        found.append(
            {
                "name": name,
                "kind": channel.kind,
                "place": channel.place,
                "routes": sum(name in route.to for route in call.settings.routes),
                "tested": tested
                and {"at": documents.instant(tested.at), "ok": tested.ok, "detail": tested.detail},
            }
        )
    return found


def _storage(storage: StorageSettings) -> list[tuple[str, str, str]]:
    """What is kept, for how long, and the setting's name."""
    kept = [(words, getattr(storage, name) or "for ever", name) for name, words in KEPT]
    most = "no limit" if storage.max_bytes is None else f"{storage.max_bytes / 2**30:.3g} GiB"
    return [*kept, ("size of all events", most, "max_bytes")]
