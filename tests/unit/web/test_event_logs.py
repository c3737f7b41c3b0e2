"""Lines that were logged in the trace of an event."""

import json

import pyarrow as pa

from vedette.core import rows
from vedette.core.field import Field
from vedette.stores.memory import MemoryLog
from vedette.stores.store import LOGS, Record
from vedette.web.event_logs import AROUND, lines_of
from vedette.web.events import Bounds
from vedette.web.redaction import Redaction

AT = 1_793_527_200 * 10**9


def line(identity, at, trace="t", **given):
    row = {rows.ID: identity, rows.TIME: at, rows.TRACE: trace, "body": "it broke", **given}
    batch = pa.RecordBatch.from_pylist([row])
    at = batch.schema.get_field_index(rows.TIME)
    times = batch.column(at).cast(pa.timestamp("ns", "UTC"))
    return batch.set_column(at, rows.TIME, times)


def told(*batches, redaction=Redaction(), **given):  # noqa: B008 - immutable
    log = MemoryLog()
    log.append([Record(LOGS, model, AT, batch) for model, batch in batches])
    return lines_of(log, ["gpt", "shop"], "t", AT, redaction, **given)


def test_lines_of_the_trace_are_found_wherever_they_fell_to():
    found, complete = told(
        ("shop", line("2", AT + 5, severity="warn")), ("gpt", line("1", AT)),
        ("shop", line("3", AT, "other")), ("else", line("4", AT)),
    )  # fmt: skip
    assert complete
    assert [(one["severity"], one["body"]) for one in found] == [
        (None, "it broke"), ("warn", "it broke"),
    ]  # fmt: skip


def test_only_around_the_event():
    before, after = AROUND
    found, _ = told(
        ("shop", line("1", AT - before - 1)), ("shop", line("2", AT - before)),
        ("shop", line("3", AT + after)),
    )  # fmt: skip
    assert len(found) == 1


def test_people_and_prompts_are_hidden():
    prompt = "please write a letter to my neighbour about the noise that his dog makes at night"
    rest = json.dumps({"attributes": {"gen_ai.input.messages": prompt}})
    batches = (
        ("shop", line("1", AT, body="mail to ann@example.org failed")),
        ("shop", line("2", AT + 1, body=prompt, event="gen_ai.user.message", _rest=rest)),
    )
    found, _ = told(*batches)
    assert found[0]["body"] == "mail to [e-mail] failed"
    assert found[1]["body"] == f"hidden: text, {len(prompt)} characters"
    assert prompt not in found[1]["rest"]
    shown, _ = told(*batches, redaction=Redaction(masked=False))
    assert shown[1]["body"] == prompt


def test_texts_of_a_call_that_are_told_apart_are_shown_as_texts():
    said = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    rest = json.dumps({"attributes": {"gen_ai.input.messages": said}})
    event = "gen_ai.client.inference.operation.details"
    batches = (
        ("gpt", line("1", AT, body="", event=event, _rest=rest)),
        ("gpt", line("2", AT + 1, body='{"message":{"content":"Hello"}}', event="gen_ai.choice")),
    )
    shown, _ = told(*batches, redaction=Redaction(masked=False))
    assert [one["body"] for one in shown] == ["input: Hi", "output: Hello"]
    hidden, _ = told(*batches)
    assert [one["body"] for one in hidden] == ["hidden: text, 9 characters",
                                               "hidden: text, 13 characters"]  # fmt: skip


def test_a_scan_that_ends_early_says_so():
    batches = [("shop", line(str(n), AT + n)) for n in range(3)]
    assert told(*batches, bounds=Bounds(1, 60.0))[1] is False


def test_the_rest_of_an_event_is_redacted_like_its_columns():
    rules = Redaction({"who": Field("who", "text", "caller")})
    shown = rules.value(rows.REST, '{"attributes":{"who":"Ann","n":1}}')
    assert "Ann" not in shown
    assert '"n": 1' in shown
