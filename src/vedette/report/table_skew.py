"""Two tables without a key, in a terminal: one line per fault.

Owns: its layout.  Does not own: the document (`engine.skew.unkeyed`), the page (`report.html`).
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vedette.report.terminal import STYLES
from vedette.report.words import MARKS, visible


def render_table_skew(document: Mapping[str, Any], console: Console) -> None:
    """Print the verdict and every fault, worst first."""
    console.print(Text(visible(document["verdict"]), style="bold"))
    if not document["faults"]:
        return
    utf = console.encoding.lower().startswith("utf")
    lines = Table.grid(padding=(0, 2))
    for fault in document["faults"]:
        verdict = fault["verdict"]
        mark = f"{MARKS[verdict]} " if utf else ""
        lines.add_row(
            Text(f"{mark}{verdict}", style=STYLES[verdict]), Text(visible(fault["reason"]))
        )
    console.print(lines)
