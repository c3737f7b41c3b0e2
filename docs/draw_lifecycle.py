"""Draw the life of an incident from its table: `python docs/draw_lifecycle.py`.

Owns: docs/lifecycle.svg and the table in docs/lifecycle.md.  Does not own: the table itself
(`vedette.alerts.lifecycle`); a test compares what is drawn with what it says.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from vedette.alerts.lifecycle import ACTIONS, TABLE

WIDTH, HEIGHT = 900, 520
PLACES = {
    "open": (270, 50),
    "acknowledged": (640, 50),
    "muted": (800, 270),
    "resolved": (450, 470),
    "reopened": (110, 270),
}  # centre of every state
BOX = (150, 44)
START, END = "<!-- drawn from the table -->", "<!-- end -->"
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1a2b3c; text-anchor: middle }
  .said { font-size: 12px; fill: #44546a; paint-order: stroke; stroke: #fff; stroke-width: 4px }
  rect { fill: #eef3f8; stroke: #2f5d8a; stroke-width: 1.5 }
  path { fill: none; stroke: #2f5d8a; stroke-width: 1.5; marker-end: url(#tip) }
  #tip path { fill: #2f5d8a; stroke: none; marker-end: none }
  .ground { fill: #fff; stroke: none }
"""


def picture() -> str:
    """The states as boxes, the actions as arrows between them."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="The life of an incident">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>',
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
    ]
    for (origin, target), actions in arrows().items():
        parts += _arrow(origin, target, actions)
    for state, (x, y) in PLACES.items():
        wide, high = BOX
        parts.append(
            f'<rect x="{x - wide // 2}" y="{y - high // 2}" width="{wide}" height="{high}" rx="8"/>'
            f'<text x="{x}" y="{y + 5}">{escape(state)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def arrows() -> dict[tuple[str, str], list[str]]:
    """Every pair of states with the actions that lead from one to the other."""
    found: dict[tuple[str, str], list[str]] = {}
    for origin, row in TABLE.items():
        for action, target in row.items():
            if origin != target:
                found.setdefault((origin, target), []).append(action)
    return found


def table() -> str:
    """The table in Markdown: a row for each state, a column for each action."""
    rows = [["", *(f"`{action}`" for action in ACTIONS)], ["---"] * (len(ACTIONS) + 1)]
    rows += [
        [f"**{state}**", *(row.get(action, "") for action in ACTIONS)]
        for state, row in TABLE.items()
    ]
    return "".join("".join(f"| {cell} " if cell else "| " for cell in row) + "|\n" for row in rows)


def _arrow(origin: str, target: str, actions: list[str]) -> Iterator[str]:
    """An arrow bent to its left, so that two in opposite directions stay apart."""
    (x1, y1), (x2, y2) = PLACES[origin], PLACES[target]
    away = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1.0)
    bend = 46
    middle = (
        (x1 + x2) / 2 + bend * (y2 - y1) / away,
        (y1 + y2) / 2 - bend * (x2 - x1) / away,
    )
    start, end = _edge((x1, y1), middle), _edge((x2, y2), middle)
    yield (
        f'<path d="M{start[0]:.0f} {start[1]:.0f}Q{middle[0]:.0f} {middle[1]:.0f} '
        f'{end[0]:.0f} {end[1]:.0f}"/>'
    )
    x = (start[0] + 2 * middle[0] + end[0]) / 4
    y = (start[1] + 2 * middle[1] + end[1]) / 4
    yield f'<text class="said" x="{x:.0f}" y="{y + 4:.0f}">{escape(", ".join(actions))}</text>'


def _edge(box: tuple[int, int], towards: tuple[float, float]) -> tuple[float, float]:
    """Where the line from a box's centre leaves it."""
    across, down = towards[0] - box[0], towards[1] - box[1]
    scale = min(
        BOX[0] / 2 / abs(across) if across else float("inf"),
        BOX[1] / 2 / abs(down) if down else float("inf"),
    )
    return box[0] + across * scale, box[1] + down * scale


def main() -> None:
    """Write both files."""
    here = Path(__file__).parent
    (here / "lifecycle.svg").write_text(picture(), "utf-8")
    page = here / "lifecycle.md"
    head, rest = page.read_text("utf-8").split(START)
    tail = rest.split(END)[1]
    page.write_text(f"{head}{START}\n\n{table()}\n{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
