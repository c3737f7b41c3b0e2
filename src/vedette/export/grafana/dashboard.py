"""A dashboard as Grafana imports it: classic JSON, which every version since 8 takes and newer ones
migrate by themselves.

Owns: the JSON, where panels stand.  Does not own: what they show (`export.grafana.panels`).
"""

from collections.abc import Iterator
from typing import Any

from vedette.export.grafana.panels import ROW, SERIES, STAT, TABLE, Board, Panel

SCHEMA = 36  # of classic dashboards: what the public SDKs of Grafana write
COLUMNS, HEIGHT, LOW = 24, 8, 4  # of the grid; of a panel; of a stat
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard(board: Board) -> dict[str, Any]:
    """The JSON of a dashboard.

    Example:
        >>> from vedette.export.grafana.panels import BOARDS
        >>> dashboard(BOARDS[0])["uid"]
        'vedette-models'
    """
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["vedette"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "utc",
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "fiscalYearStartMonth": 0,
        "links": [
            {"type": "dashboards", "title": "vedette", "tags": ["vedette"], "asDropdown": False,
             "includeVars": False, "keepTime": True, "targetBlank": False, "icon": "",
             "tooltip": ""}
        ],
        "annotations": {"list": []},
        "templating": {"list": list(_variables(board))},
        "panels": list(_placed(board)),
    }  # fmt: skip


def _variables(board: Board) -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
        "refresh": 1, "hide": 0, "multi": False, "includeAll": False, "options": [], "regex": "",
        "current": {}, "skipUrlSync": False,
    }  # fmt: skip
    if board.chooses:
        values = "label_values(vedette_events_total, model)"
        yield {
            "name": "model", "label": "Model", "type": "query", "datasource": SOURCE,
            "definition": values, "query": {"query": values, "refId": "models"}, "refresh": 2,
            "sort": 1, "hide": 0, "multi": False, "includeAll": False, "options": [], "regex": "",
            "current": {}, "skipUrlSync": False,
        }  # fmt: skip


def _placed(board: Board) -> Iterator[dict[str, Any]]:
    """Panels from left to right, a new line where the next one has no room."""
    x = y = tallest = 0
    for number, panel in enumerate(board.panels, 1):
        width = COLUMNS if panel.kind == ROW else panel.width
        height = {ROW: 1, STAT: LOW}.get(panel.kind, HEIGHT)
        if x + width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        place = {"x": x, "y": y, "w": width, "h": height}
        yield _panel(number, panel, place)
        x, tallest = x + width, max(tallest, height)


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": number, "title": panel.title, "type": panel.kind, "gridPos": place,
    }  # fmt: skip
    if panel.kind == ROW:
        return {**found, "collapsed": False, "panels": []}
    found |= {
        "datasource": SOURCE,
        "targets": [_target(panel, at) for at in range(len(panel.queries))],
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": {}}, "overrides": []},
        "options": OPTIONS[panel.kind],
    }
    if panel.help:
        found["description"] = panel.help
    if panel.kind == TABLE:
        gone = {"Time": True, "Value": True, "__name__": True, "instance": True, "job": True}
        organise = {"excludeByName": gone, "indexByName": {}, "renameByName": {}}
        found["transformations"] = [{"id": "organize", "options": organise}]
    return found


def _target(panel: Panel, at: int) -> dict[str, Any]:
    query = panel.queries[at]
    return {
        "refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query.expr,
        "legendFormat": query.legend or "__auto", "instant": panel.instant,
        "range": not panel.instant, "editorMode": "code",
        "format": "table" if panel.kind == TABLE else "time_series",
    }  # fmt: skip


OPTIONS: dict[str, dict[str, Any]] = {
    SERIES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    STAT: {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "textMode": "auto",
        "orientation": "auto",
    },
    TABLE: {"showHeader": True, "footer": {"show": False, "reducer": ["sum"], "fields": ""}},
}  # fmt: skip
