"""The JSON API: managing.

Owns: the handlers of settings, back-tests, keys and channels, and the reading of their bodies.
Does not own: what a change of settings does (`engine.terms`), back-tests (`engine.trials`), keys
(`web.keys`), sending (`alerts.notify`).
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from vedette.core.durations import nanoseconds
from vedette.core.errors import SettingsError, nearest
from vedette.core.schema_yaml import dump_schema
from vedette.engine.settings_view import SettingsView, Valued
from vedette.engine.trials import FAILED, RUNNING, InTheWay, Trial
from vedette.web import acts, documents
from vedette.web.acts import LONGEST, instant_of
from vedette.web.answers import Answer, Problem, json_answer, retry_after
from vedette.web.call import Call
from vedette.web.keys import ADMIN, INGEST, READ, Key, ended, entry_of, make_key, read_keys
from vedette.web.schema import declarable
from vedette.web.veil import Veil, veil_of

PATIENCE_S, MOST_PATIENCE_S = 20.0, 300.0  # how long the answer to a back-test may be waited for


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """Settings to save; null takes one back to the file."""

    changes: dict[str, Any]
    note: str = ""
    by: str = ""


class TrialBody(msgspec.Struct, forbid_unknown_fields=True):
    """A back-test: changes to try, over which stretch of event time, how long to wait for it."""

    changes: dict[str, Any] = {}
    start: str | int | None = None
    end: str | int | None = None
    wait_s: float = PATIENCE_S


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A key to make.  `expires` is a length of time, like 90d."""

    scopes: tuple[str, ...]
    models: str = "*"
    note: str = ""
    expires: str | None = None


# ------------------------------------------------------------------------------------ settings


def get_settings(call: Call) -> Answer:
    """The settings of a model, where they come from, and what the budget is for."""
    return json_answer(settings_document(seen_settings(call)))


async def save_settings(call: Call) -> Answer:
    """Save some of them."""
    said = await save(call, call.json(Change))
    return json_answer({"said": said, **settings_document(seen_settings(call))})


async def save(call: Call, change: Change) -> str:
    """Do it; what was changed, in words.  Errors: UsageError in the words of the settings file."""
    act = {
        "act": "settings",
        "by": acts.by_whom(call, change.by),
        "note": change.note[:LONGEST],
        "changes": change.changes,
    }
    found = await call.service.act(call.view().name, act)
    return str(found.get("text", ""))


def get_schema_yaml(call: Call) -> Answer:
    """The schema in force as YAML, to be kept, edited and declared."""
    name = call.view().name
    schema = call.service.schema_of(name)
    if schema is None:
        raise Problem(404, "no_schema", "The schema is not known yet.", "model")
    kind = (b"content-type", b"application/yaml; charset=utf-8")
    kept = (b"content-disposition", b'attachment; filename="schema.yaml"')
    whole = declarable(schema, call.service.checks_of(name))
    return Answer(200, dump_schema(whole).encode("utf-8", "replace"), [kind, kept])


def seen_settings(call: Call) -> SettingsView:
    """The settings of the model that the path names.  Errors: Problem, 404."""
    view = call.service.settings_view(call.view().name)
    if view is None:
        raise Problem(404, "no_settings", "The settings of this model are not known yet.", "model")
    return view


def settings_document(view: SettingsView) -> dict[str, Any]:
    """The settings as plain data."""
    return {
        "model": view.model,
        "settings": [valued_document(one) for one in view.values],
        "monitors": [documents.finite(msgspec.to_builtins(one)) for one in view.monitors],
    }


def valued_document(one: Valued) -> dict[str, Any]:
    """One value with where it comes from."""
    plain: dict[str, Any] = documents.finite(msgspec.to_builtins(one))
    return {**plain, "at": documents.instant(one.at)}


# ------------------------------------------------------------------------------------ back-tests


async def run_backtest(call: Call) -> Answer:
    """Show what other settings would have raised; 202 while it still runs."""
    body = call.json(TrialBody)
    start, end = (
        None if given is None else instant_of(given, name)
        for name, given in (("start", body.start), ("end", body.end))
    )
    trial = begin_trial(call, body.changes, start, end)
    await wait_for(call, trial, body.wait_s)
    if trial.state == FAILED:
        raise Problem(400, "not_possible", trial.error, "changes")
    return json_answer(trial_document(trial, veil_of(call)), 202 if trial.state == RUNNING else 200)


def get_backtest(call: Call) -> Answer:
    """The newest back-test of a model, how far it is, what came of it."""
    trial = call.tools.backtests().find(call.view().name)
    if trial is None:
        raise Problem(404, "no_backtest", "No back-test of this model was run.", "model")
    return json_answer(trial_document(trial, veil_of(call)))


def begin_trial(
    call: Call, changes: Mapping[str, Any], start: int | None, end: int | None
) -> Trial:
    """Start a back-test.  Errors: Problem, 409 while another runs; UsageError."""
    trials = call.tools.backtests()
    name = call.view().name
    if changes:
        call.service.check_settings(name, changes)
    try:
        return trials.start(name, changes, start, end)
    except InTheWay:
        raise Problem(
            409, "busy", "Another back-test runs on this server; one at a time.",
            headers=[retry_after(10)],
        ) from None  # fmt: skip


async def wait_for(call: Call, trial: Trial, seconds: float) -> None:
    """Wait until a back-test has ended, for a while."""
    until = time.monotonic() + min(max(seconds, 0.0), MOST_PATIENCE_S)
    while not trial.ended.is_set() and time.monotonic() < until and not call.pulse.is_over:
        await asyncio.sleep(0.05)


def trial_document(trial: Trial, veil: Veil) -> dict[str, Any]:
    """A back-test as plain data, as the caller may see it."""
    found = trial.result
    return {
        "id": trial.id,
        "model": trial.model,
        "state": trial.state,
        "changes": documents.finite(trial.changes),
        "progress": trial.share if found is None else 1.0,
        "limit_s": trial.limit_s,
        "error": trial.error,
        "complete": found is not None and found.complete,
        "start": documents.instant(trial.start if found is None else found.start),
        "end": documents.instant(trial.end if found is None else found.end),
        "records": 0 if found is None else found.records,
        **{
            name: [
                documents.incident_document(veil.incident(one), whole=False) for one in incidents
            ]
            for name, incidents in (
                ("would_have_raised", () if found is None else found.opened),
                ("raised", () if found is None else found.raised),
            )
        },
    }


# ------------------------------------------------------------------------------------ keys


def list_keys(call: Call) -> Answer:
    """Every key, never the text of one."""
    _whole(call)
    return json_answer({"keys": keys_document(call)})


def create_key(call: Call) -> Answer:
    """Make a key: its text is shown this once."""
    text, key = new_key(call, call.json(KeyBody))
    return json_answer({"key": text, **key_document(key, call.now())})


def revoke_key(call: Call) -> Answer:
    """End a key."""
    return json_answer(key_document(end_key(call), call.now()))


def new_key(call: Call, body: KeyBody) -> tuple[str, Key]:
    """Make a key and keep what is kept of it.  Errors: Problem, 400."""
    _whole(call)
    now = call.now()
    try:
        expires = None if not body.expires else now + nanoseconds(body.expires, "expires")
        text, key = make_key(
            secrets.token_bytes(6), secrets.token_urlsafe(32), scopes=body.scopes,
            models=body.models[:LONGEST] or "*", note=body.note[:200], made=now, expires=expires,
        )  # fmt: skip
    except SettingsError as error:
        raise Problem(400, "wrong_body", str(error)) from None
    call.service.store.commit([entry_of(key)])
    call.ring.refresh()
    return text, key


def end_key(call: Call) -> Key:
    """Revoke the key that the path names.  Errors: Problem, 404."""
    _whole(call)
    known = {key.id: key for key in read_keys(call.service.store) if key.ended is None}
    wanted = call.path["key"]
    if wanted not in known:
        hint = nearest(wanted, known)
        raise Problem(404, "no_key", f"There is no such key in force. {hint}".strip(), "key")
    key = ended(known[wanted], call.now())
    call.service.store.commit([entry_of(key)])
    call.ring.refresh()
    return key


def keys_document(call: Call) -> list[dict[str, Any]]:
    """The keys, the newest first."""
    return [key_document(key, call.now()) for key in reversed(read_keys(call.service.store))]


def key_document(key: Key, now: int) -> dict[str, Any]:
    """A key as plain data: whose it is, what it allows, whether it still does."""
    state = "in force"
    if key.ended is not None:
        state = "revoked"
    elif key.expires is not None and key.expires <= now:
        state = "expired"
    return {
        "id": key.id,
        "state": state,
        "scopes": [scope for scope in (INGEST, READ, ADMIN) if scope in key.scopes],
        "models": key.models,
        "note": key.note,
        "made": documents.instant(key.made),
        "expires": documents.instant(key.expires),
        "ended": documents.instant(key.ended),
    }


# ------------------------------------------------------------------------------------ channels


def try_channel(call: Call) -> Answer:
    """Send a test message over a channel at once."""
    return json_answer(tested(call))


def tested(call: Call) -> dict[str, Any]:
    """Send it; what came of it.  Errors: Problem, 404."""
    _whole(call)
    name, known = call.path["channel"], call.settings.channels
    if name not in known:
        hint = nearest(name, known) or f"channels are {', '.join(known) or 'none yet'}"
        raise Problem(404, "no_channel", f"There is no channel {name[:128]!r}; {hint}.", "channel")
    found = call.tools.try_channel(name, call.now())
    return {
        "channel": name, "ok": found.ok, "detail": found.detail,
        "at": documents.instant(found.at),
    }  # fmt: skip


def is_whole(call: Call) -> bool:
    """Whether the caller may manage the server, and not some models alone."""
    return call.key.may(ADMIN) and call.key.models == "*"


def _whole(call: Call) -> None:
    if not is_whole(call):
        raise Problem(
            403, "not_allowed", "Keys and channels are the whole server's; this key is for some "
            "models only.", "Authorization",
        )  # fmt: skip
