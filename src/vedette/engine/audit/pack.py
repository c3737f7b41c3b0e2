"""An audit as a folder to keep: the report, every figure, and what answers what.

Owns: what is written, and that a folder is never written over.  Does not own: the figures
(`engine.audit.figures`), what audits ask for (`report.packs`), the page (`report.fairness_html`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vedette.core.errors import StoreError
from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.audit.figures import figures_of
from vedette.engine.document import plain
from vedette.engine.output import write_text
from vedette.report.fairness_html import render_fairness_html
from vedette.report.fairness_words import NOT_LAW
from vedette.report.packs import Item, Pack, matching, packs

FORMAT = "vedette.fairness.pack"
FORMAT_VERSION = 1


def write_pack(
    document: Mapping[str, Any],
    folder: str | Path,
    at: datetime,
    names: Iterable[str] | None = None,
) -> Path:
    """Write a folder named after the moment, under `folder`.

    Units: `at` with its offset; without one it is UTC.
    Errors: StoreError when it is there already or cannot be written; UsageError for a pack that
    there is not.
    """
    chosen = packs(names)
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    target = Path(folder) / f"fairness-{moment:%Y%m%dT%H%M%SZ}"
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        raise StoreError(f"folder {str(target)!r}", "is there already") from None
    except OSError as error:
        where = f"folder {str(target)!r}"
        raise StoreError(where, "cannot be made", got=error.strerror) from None
    made = pack_document(document, moment, chosen)
    write_text(target / "figures.json", json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    write_text(target / "report.html", render_fairness_html(document, at=moment_words(moment)))
    write_text(target / "README.txt", readme(made))
    return target


def moment_words(at: datetime) -> str:
    """The moment as a page tells it.

    Example:
        >>> moment_words(datetime(2026, 11, 26, 10, 5, tzinfo=UTC))
        '2026-11-26 10:05 UTC'
    """
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def pack_document(
    document: Mapping[str, Any], at: datetime, chosen: Sequence[Pack]
) -> dict[str, Any]:
    """Every figure with what it rests on, and which of them answer what is asked."""
    figures = figures_of(document)
    about = {
        "time": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "code": f"vedette {__version__}",
        "data": dict(document["data"]),
        "reference": document["reference"],
        "window": {"start": document["data"]["start"], "end": document["data"]["end"]},
        "filters": document["filters"],
        "members": document["members"],
        "settings": document["settings"],
        "reading": document["reading"],
        "fingerprints": document["fingerprints"],
        "verdict": document["verdict"],
        "counts": document["counts"],
        "notes": document["notes"],
        "limits": NOT_LAW,
    }
    everything = {**document, "time": about["time"]}
    made: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "about": about,
            "packs": [_pack(one, figures, everything) for one in chosen],
            "figures": figures,
        }
    )
    return made


def _pack(
    one: Pack, figures: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **{key: getattr(one, key) for key in Pack._fields if key != "items"},
        "items": [_item(item, figures, document) for item in one.items],
    }


def _item(
    item: Item, figures: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> dict[str, Any]:
    found = matching(item, figures)
    facts = {name: _fact(document, name) for name in item.facts}
    told = [one for one in found if one["value"] is not None or one["low"] is not None]
    return {
        "id": item.id,
        "asks": item.asks,
        "answered": bool(told) or any(value is not None for value in facts.values()),
        "figures": [one["id"] for one in found],
        "shown": len(told),
        "facts": facts,
        "people": item.people,
        "left_out": item.left_out,
    }


def _fact(document: Mapping[str, Any], name: str) -> Any:
    """A place of the document, like data.rows; None where there is none."""
    value: Any = document
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def readme(made: Mapping[str, Any]) -> str:
    """What lies in the folder, and what answers what, as plain text."""
    about = made["about"]
    lines = [
        "Audit of fairness",
        "=================",
        "",
        f"Made {about['time']} by {about['code']} of {about['data']['name']}, "
        f"{plural(about['data']['rows'], 'row')}.",
        f"Verdict: {about['verdict'].replace('`', '')}",
        "",
        "report.html   the report: open it in any browser, print it to PDF from there",
        "figures.json  every figure with its value, interval, rows, settings and time",
        "",
        f"{about['limits']} What cannot be told is no sign of fairness.",
        "",
        *(f"Note: {note.replace('`', '')}." for note in about["notes"]),
        *[""] * bool(about["notes"]),
    ]
    for pack in made["packs"]:
        lines += [f"{pack['title']}", "-" * len(pack["title"])]
        lines += [
            f"id {pack['id']}, version {pack['version']}; jurisdiction: {pack['jurisdiction']}; "
            f"effective {pack['effective']}"
            + (f"; enforced from {pack['enforced']}" if pack["enforced"] else "")
            + (f"; superseded by {pack['superseded_by']}" if pack["superseded_by"] else ""),
            f"Source: {pack['source']} ({pack['checked']})",
            pack["note"],
            "",
        ]
        lines += [line for item in pack["items"] for line in _answer(item)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _answer(item: Mapping[str, Any]) -> list[str]:
    """An item and what answers it."""
    facts = [f"{name} {value}" for name, value in item["facts"].items() if value is not None]
    parts = [plural(item["shown"], "figure")] * bool(item["figures"]) + facts
    hidden = len(item["figures"]) - item["shown"]
    if hidden:
        parts.append(f"{hidden} not shown or not told")
    told = "; ".join(parts) if item["answered"] else "not answered by this audit"
    if not item["answered"] and item["people"]:
        told = "for people to answer"
    return [
        f"* {item['asks']}: {told}.",
        *(f"  {item[key]}" for key in ("people", "left_out") if item[key]),
    ]
