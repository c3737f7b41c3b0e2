"""`vedette export`: files for Grafana, rules, and series that Prometheus's own tool takes."""

import json
import shutil
import subprocess

import msgspec
import pytest
from click.testing import CliRunner
from tests.unit.export.series.test_book import MINUTE, pace

from vedette.alerts.incident import Incident
from vedette.cli.export import command
from vedette.export.series.own import Own
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.store import Entry

BEGIN = 1_793_520_000 * 10**9


@pytest.fixture
def data(tmp_path):
    """A server's folder with an hour of rows and an incident."""
    folder = tmp_path / "data"
    folder.mkdir()
    LocalLog(folder).close()
    state = LocalState(folder / "state.sqlite")
    one = Incident(id="i1", model="m", state="open", severity="warning", axis="drift", title="t",
                   onset=BEGIN, opened=BEGIN + 30 * MINUTE)  # fmt: skip
    state.commit(
        [
            Entry("model", "m", "counts", BEGIN, b"{}"),
            Entry("incident", "m", "i1", one.opened, msgspec.json.encode(one)),
            *(pace(BEGIN + k * MINUTE, [0.1, 0.4]) for k in range(60)),
        ]
    )
    own = Own(state)
    own.add(BEGIN + 10 * MINUTE, [("vedette_log_bytes", (), 7.0)])
    own.save()
    state.close()
    return folder


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def test_grafana_gets_a_folder(tmp_path):
    out = tmp_path / "provisioning"
    done = run("grafana", "-o", out, "--url", "http://vedette:8642", "--every", "5m",
               "--boards", "/b")  # fmt: skip
    assert done.exit_code == 0
    written = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert written == [
        "dashboards/vedette.yaml", "dashboards/vedette/vedette-model.json",
        "dashboards/vedette/vedette-models.json", "dashboards/vedette/vedette-server.json",
        "datasources/vedette.yaml",
    ]  # fmt: skip
    assert json.loads((out / written[1]).read_text())["uid"] == "vedette-model"
    assert "http://vedette:8642/prometheus" in (out / written[4]).read_text()


def test_rules_go_to_a_file_or_to_stdout(tmp_path):
    run("rules", "-o", tmp_path / "rules.yml", "--silence", "2h")
    assert (tmp_path / "rules.yml").read_text() == run("rules", "--silence", "2h").stdout
    assert "> 7200" in (tmp_path / "rules.yml").read_text()


@pytest.mark.peer
def test_series_become_blocks(data, tmp_path):
    if shutil.which("promtool") is None:
        pytest.skip("no promtool here: Debian's package is prometheus")
    assert run("openmetrics", "--data", data, "-o", tmp_path / "m.txt").exit_code == 0
    made = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "m.txt", "blocks"], cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "\nvedette_log_bytes 7 1793520600.000\n" in (tmp_path / "m.txt").read_text()
    assert list((tmp_path / "blocks").iterdir())


def test_a_stretch_of_one_model(data):
    done = run("openmetrics", "--data", data, "--model", "m", "--start", "2026-11-01T08:10:00Z",
               "--end", "2026-11-01T08:11:00Z")  # fmt: skip
    found = [line for line in done.stdout.splitlines() if line.startswith("vedette_events_total")]
    assert found == [
        'vedette_events_total{model="m"} 20 1793520600.000',
        'vedette_events_total{model="m"} 22 1793520660.000',
    ]
    assert done.stdout.endswith("# EOF\n")
    assert "vedette_log_bytes" not in done.stdout  # of the server, not of the model


def test_what_cannot_be_done_is_told(data, tmp_path):
    from vedette.core.errors import SettingsError, UsageError

    with pytest.raises(SettingsError, match="every: is no length of time"):
        run("grafana", "-o", tmp_path, "--every", "-1h")
    with pytest.raises(UsageError, match="models are m"):
        run("openmetrics", "--data", data, "--model", "zzz")
    with pytest.raises(SettingsError, match="--url: is no address of a server; got ftp:x"):
        run("grafana", "-o", tmp_path, "--url", "ftp:x")
    with pytest.raises(UsageError, match="--end: lies before --start"):
        run("openmetrics", "--data", data, "--start", "2026-11-02T00:00:00Z",
            "--end", "2026-11-01T00:00:00Z")  # fmt: skip
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        run("rules", "-o", tmp_path / "file" / "rules.yml")
