"""What audits ask for, as data files: one for each, dated and versioned.

Owns: reading those files, and which figures answer an item.  Does not own: the figures
(`engine.audit.figures`), writing them (`engine.audit.pack`).

No law is written into the program: a file says what is asked, since when, and what replaced it.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.yaml import read_yaml

ITEM_KEYS = ("id", "asks", "figures", "facts", "people", "left_out")
KEYS = (
    "id", "version", "title", "jurisdiction", "source", "effective", "enforced", "superseded_by",
    "checked", "note", "items",
)  # fmt: skip
OPTIONAL = ("enforced",)


class Item(NamedTuple):
    """One thing that is asked.

    Shapes: `figures` say which answer it, by table, figure, metric and depth; `facts` are places in
    the document; `people` is what no figure answers.
    """

    id: str
    asks: str
    figures: Sequence[Mapping[str, Any]] = ()
    facts: Sequence[str] = ()
    people: str = ""
    left_out: str = ""


class Pack(NamedTuple):
    """What one kind of audit asks for.  Units: dates as YYYY-MM-DD."""

    id: str
    version: int
    title: str
    jurisdiction: str
    source: str
    effective: str
    enforced: str
    superseded_by: str | None
    checked: str
    note: str
    items: tuple[Item, ...]


def packs(names: Iterable[str] | None = None) -> tuple[Pack, ...]:
    """The packs of this package, or those that are named, by their id.

    Errors: UsageError for a name that there is not.
    Example:
        >>> [one.id for one in packs()]
        ['general', 'nyc-ll144']
    """
    found = {}
    for path in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if path.name.endswith(".yaml"):
            one = read_pack(path.read_text("utf-8"), path.name)
            found[one.id] = one
    if names is None:
        return tuple(found.values())
    for name in names:
        if name not in found:
            raise UsageError(
                "pack", f"there is no pack {name!r}", want=", ".join(found),
                hint=nearest(name, found),
            )  # fmt: skip
    return tuple(found[name] for name in names)


def read_pack(text: str, where: str) -> Pack:
    """Read a pack from YAML.

    Errors: SettingsError for a key that is missing, or that there is not.
    """
    read = read_yaml(text, f"pack {where}")
    _check(read.value, KEYS, f"pack {where}", OPTIONAL)
    items = []
    for entry in read.value["items"]:
        at = f"pack {where}, item {entry.get('id')!r}"
        _check(entry, ITEM_KEYS, at, ("figures", "facts", "people", "left_out"))
        if not any(entry.get(key) for key in ("figures", "facts", "people")):
            raise SettingsError(
                at, "names nothing that answers it", want="figures, facts or people"
            )
        items.append(Item(**entry))
    own: dict[str, Any] = {key: read.value.get(key) for key in KEYS}
    own |= {"items": tuple(items), "enforced": own["enforced"] or ""}
    return Pack(**own)


def matching(item: Item, figures: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures that answer an item: those that are as it says in everything that it says.

    Example:
        >>> item = Item("x", "x", [{"table": "rates", "metric": "accuracy"}])
        >>> every = [{"id": "1", "table": "rates", "metric": name} for name in ("accuracy", "y")]
        >>> [one["metric"] for one in matching(item, every)]
        ['accuracy']
    """
    return [
        one
        for one in figures
        if any(all(one.get(k) == v for k, v in asked.items()) for asked in item.figures)
    ]


def _check(
    value: Mapping[str, Any], keys: Sequence[str], where: str, optional: Sequence[str]
) -> None:
    for key in value:
        if key not in keys:
            raise SettingsError(where, f"there is no key {key!r}", hint=nearest(key, keys))
    missing = [key for key in keys if key not in value and key not in optional]
    if missing:
        raise SettingsError(where, f"lacks {', '.join(missing)}")
