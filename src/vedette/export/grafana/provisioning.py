"""The folder that Grafana reads at its start: a data source, where dashboards lie, dashboards.

Owns: names and text of the files.  Does not own: writing them (`cli`), dashboards' JSON
(`export.grafana.dashboard`).
"""

import json
from collections.abc import Mapping

import yaml

from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError
from vedette.export.grafana.dashboard import dashboard
from vedette.export.grafana.panels import BOARDS

FOLDER = "/etc/grafana/provisioning/dashboards/vedette"  # where the dashboards lie for Grafana


def files(url: str, every: str, folder: str = FOLDER) -> Mapping[str, str]:
    """Every file by its path below `provisioning`.

    `url` is how Grafana reaches vedette, `every` the width of its smallest windows, like 1m: rates
    are over four of them.  The key, if one is needed, is read from Grafana's environment.  vedette
    raises its alarms itself: Grafana is not to ask it for alert rules.
    Errors: SettingsError for an `every` that is no duration, or a `url` that is none.
    Example:
        >>> sorted(files("http://127.0.0.1:8642", "1m"))[0]
        'dashboards/vedette.yaml'
    """
    if not url.startswith(("http://", "https://")):
        raise SettingsError("--url", "is no address of a server", got=url, want="like http://…")
    width_s = max(nanoseconds(every, "every") // SECOND, 1)
    source = {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "vedette", "uid": "vedette", "type": "prometheus", "access": "proxy",
                "url": f"{url.rstrip('/')}/prometheus", "editable": True,
                "jsonData": {
                    "httpMethod": "POST", "timeInterval": f"{width_s}s", "manageAlerts": False,
                    "prometheusType": "Prometheus",
                    "prometheusVersion": "2.42.0", "cacheLevel": "Low",
                    "httpHeaderName1": "Authorization",
                },
                "secureJsonData": {"httpHeaderValue1": "Bearer $VEDETTE_KEY"},
            }
        ],
    }  # fmt: skip
    boards = {
        "apiVersion": 1,
        "providers": [
            {"name": "vedette", "folder": "vedette", "type": "file", "allowUiUpdates": True,
             "options": {"path": folder}}
        ],
    }  # fmt: skip
    found = {
        "datasources/vedette.yaml": yaml.safe_dump(source, sort_keys=False),
        "dashboards/vedette.yaml": yaml.safe_dump(boards, sort_keys=False),
    }
    for board in BOARDS:
        text = json.dumps(dashboard(board), indent=2) + "\n"
        found[f"dashboards/vedette/{board.uid}.json"] = text
    return found
