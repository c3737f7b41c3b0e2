"""What every channel says of an event, in words.

Owns: the subject line, the facts and the list of causes.  Does not own: markup; each channel
escapes what it shows.
"""

from collections.abc import Sequence
from typing import Any

from vedette.alerts.document import plain
from vedette.alerts.message import Message

CAUSES = 5  # listed in a message; the page has them all
HEADS = {
    "opened": "",
    "updated": "More: ",
    "acknowledged": "Acknowledged: ",
    "muted": "Muted: ",
    "resolved": "Resolved: ",
    "reopened": "Again: ",
    "test": "Test: ",
}  # what stands before the title, by event


def own(message: Message) -> dict[str, Any]:
    """The incident itself, within the document."""
    found: dict[str, Any] = message.document.get("vedette", {})
    return found


def subject(message: Message, longest: int = 150) -> str:
    """One line that says everything that matters."""
    said = own(message)
    head = HEADS.get(message.event, "")
    text = f"[{said.get('severity', '')}] {said.get('model', message.model)}: {head}"
    return plain(text + str(said.get("title", "")), longest)


def facts(message: Message) -> list[tuple[str, str]]:
    """Names and values beside the title."""
    said = own(message)
    version = f" (version {said['model_version']})" if said.get("model_version") else ""
    rows = [
        ("Model", f"{said.get('model', '')}{version}"),
        ("Severity", str(said.get("severity", ""))),
        ("State", str(said.get("state", ""))),
        ("Harm", str((said.get("harm") or {}).get("statement", ""))),
        ("Rows", str((said.get("separation") or {}).get("statement", ""))),
        ("Began", str(said.get("onset", ""))),
        ("Detected", str(said.get("opened", ""))),
        ("Over", str(said.get("closed") or "")),
        ("Muted until", str(said.get("muted_until") or "")),
        ("By", _last(said)),
    ]
    return [(name, value) for name, value in rows if value]


def causes(message: Message, most: int = CAUSES) -> list[str]:
    """The likeliest causes, one sentence each."""
    said = own(message)
    rows: Sequence[dict[str, Any]] = said.get("causes", [])
    lines = []
    for row in rows[:most]:
        where = f" (where {row['segment']})" if row.get("segment") else ""
        lines.append(f"{row['share_text']}: {row['statement']}{where}")
    more = len(rows) - most + int(said.get("more_causes", 0))
    return [*lines, f"and {more} more"] if more > 0 else lines


def link(message: Message) -> str:
    """The page of the incident, or "" when people cannot reach one."""
    found = str(own(message).get("link", ""))
    return found if found.startswith(("https://", "http://")) else ""


def picture_url(message: Message) -> str:
    """Where the chart can be fetched, or ""."""
    found = str(message.document.get("picture_url") or "")
    return found if found.startswith("https://") else ""


def replay(message: Message) -> str:
    """The command that repeats the incident."""
    return str(own(message).get("replay", ""))


def _last(said: dict[str, Any]) -> str:
    """Who made the last move, with what they wrote."""
    history: Sequence[dict[str, Any]] = said.get("history") or [{}]
    last = history[-1]
    return ": ".join(part for part in (last.get("by", ""), last.get("note", "")) if part)
