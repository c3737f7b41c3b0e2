"""Every route of the server, in one table.

Owns: method, path, who may call it, its parameters, its words.  Does not own: what it does: the
handlers are named here and live in `web.api`, `web.acts`, `web.manage`, `web.live`,
`web.assets` and `web.pages`.

The table is the only list of routes: the app is built from it, the check of keys reads its scope,
the OpenAPI document is its other form.
"""

from typing import NamedTuple

from vedette.web.keys import ADMIN, INGEST, READ

OPEN = ""  # no key is needed
WINDOW = ("start", "end")
PAGED = ("limit", "cursor")
EVENTS = ("segment", "where", "min", "max", "value", "missing", "unusual")  # conditions on one
GROUPED = ("groups", "metric", "against", "group")  # what is asked of groups

ASSET = "*/*"  # kind of what pages load
_OWN = ("text/html", ASSET)  # kinds that only pages of our own ask for


class Route(NamedTuple):
    """One route.

    Shapes: `handler` is the function's name, and the OpenAPI operationId; `query` the parameters
    that it takes; `answer` and `body` names of schemas in `web.openapi`.
    """

    method: str
    path: str
    handler: str
    scope: str
    summary: str
    query: tuple[str, ...] = ()
    answer: str = "Object"
    body: str = ""
    kind: str = "application/json"

    @property
    def is_api(self) -> bool:
        """Whether programs may rely on it."""
        return self.kind not in _OWN


_MODEL = "/api/v1/models/{model}"
_TEXT, _HTML = "text/plain", "text/html"
_PROM = "/prometheus/api/v1"
_RANGE = ("query", "start", "end", "step", "timeout", "lookback_delta")
_LISTED = ("match[]", *WINDOW)
_OTLP = "application/x-protobuf"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/models/{model}/events", "send_events", INGEST,
          "Send events: JSON, NDJSON, MessagePack or an Arrow stream.",
          ("id", "time", "version", "weight", "trace_id", "prediction", "score", "latency_s"),
          "Receipt", "Events"),
    Route("POST", "/v1/models/{model}/labels", "send_labels", INGEST,
          "Send labels that became known.", ("id", "label", "time"), "Receipt", "Labels"),
    Route("POST", "/v1/models/{model}/validate", "validate_rows", INGEST,
          "Judge events by the declared schema; nothing of them is stored.", (), "Validated",
          "Events"),
    Route("POST", "/v1/models/{model}/score", "score_rows", INGEST,
          "Say how unlike the reference rows are, and why; nothing of them is stored.",
          ("id", "time", "version", "weight", "trace_id", "prediction", "score", "latency_s"),
          "Scored", "Events"),
    Route("POST", "/v1/models/{model}/twins", "send_twins", INGEST,
          "Send twins: what training or a batch job reckons for events that were served.",
          ("id", "time", "prediction", "score"), "Receipt", "Twins"),
    Route("POST", "/v1/models/{model}/metrics", "send_metrics", INGEST,
          "Send readings of metrics: JSON, NDJSON or MessagePack.", (), "Receipt", "Readings"),
    Route("POST", "/v1/traces", "send_traces", INGEST,
          "Send spans as OTLP, in protobuf or JSON; also below a prefix.", kind=_OTLP, body="Otlp"),
    Route("POST", "/v1/metrics", "send_otlp_metrics", INGEST,
          "Send metrics as OTLP, likewise.", kind=_OTLP, body="Otlp"),
    Route("POST", "/v1/logs", "send_logs", INGEST,
          "Send logs as OTLP, likewise.", kind=_OTLP, body="Otlp"),
    Route("POST", "/v1/models/{model}/sides", "send_sides", INGEST,
          "Send requests and responses of calls, each by itself: JSON, NDJSON or MessagePack.", (),
          "Receipt", "Sides"),
    Route("POST", "/v1/cloudevents", "send_cloudevents", INGEST,
          "Send requests and responses of model servers as CloudEvents, which are put together by"
          " their ids.", ("model",), "Taken", "CloudEvents"),
    Route("GET", "/livez", "livez", OPEN, "Whether the process runs.", kind=_TEXT),
    Route("GET", "/readyz", "readyz", OPEN, "Whether the server can take in and answer.",
          answer="Ready"),
    Route("GET", "/healthz", "healthz", OPEN, "The same as /readyz.", answer="Ready"),
    Route("GET", "/version", "version", OPEN, "The version of vedette."),
    Route("GET", "/metrics", "metrics", READ, "Numbers for Prometheus.", kind=_TEXT),
    Route("GET", f"{_PROM}/query", "prom_query", READ,
          "PromQL at one instant, answered as Prometheus does.",
          ("query", "time", "timeout", "lookback_delta")),
    Route("POST", f"{_PROM}/query", "prom_query_form", READ, "The same, asked by a form."),
    Route("GET", f"{_PROM}/query_range", "prom_query_range", READ,
          "PromQL at every step of a range, answered as Prometheus does.", _RANGE),
    Route("POST", f"{_PROM}/query_range", "prom_query_range_form", READ,
          "The same, asked by a form."),
    Route("GET", f"{_PROM}/series", "prom_series", READ, "The series that selectors mean.",
          _LISTED),
    Route("POST", f"{_PROM}/series", "prom_series_form", READ, "The same, asked by a form."),
    Route("GET", f"{_PROM}/labels", "prom_labels", READ, "The labels of series.", _LISTED),
    Route("POST", f"{_PROM}/labels", "prom_labels_form", READ, "The same, asked by a form."),
    Route("GET", f"{_PROM}/label/{{name}}/values", "prom_label_values", READ,
          "The values of a label.", _LISTED),
    Route("GET", f"{_PROM}/metadata", "prom_metadata", READ,
          "What series are called, their kinds and help.", ("metric",)),
    Route("GET", f"{_PROM}/status/buildinfo", "prom_buildinfo", READ,
          "Which Prometheus the answers are like."),
    Route("GET", "/api/v1/openapi.json", "openapi", OPEN, "This document."),
    Route("GET", "/api/v1/status", "status", READ, "The server in numbers."),
    Route("GET", "/api/v1/imports", "list_imports", ADMIN,
          "Files that the server takes in, and what became of them."),
    Route("GET", "/api/v1/models", "list_models", READ, "Every model.", answer="Models"),
    Route("GET", _MODEL, "get_model", READ, "One model.", answer="Model"),
    Route("GET", f"{_MODEL}/schema", "get_schema", READ,
          "The schema in force, what served rows are checked by, how many broke it.",
          WINDOW, "Schema"),
    Route("GET", f"{_MODEL}/incidents", "list_model_incidents", READ, "Incidents of a model.",
          (*WINDOW, "column", "segment", "axis", "severity", "state", *PAGED), "Incidents"),
    Route("GET", f"{_MODEL}/findings", "list_findings", READ, "What the monitors said.",
          (*WINDOW, "column", "segment", "axis", "monitor", "verdict", *PAGED), "Findings"),
    Route("GET", f"{_MODEL}/profiles", "list_profiles", READ, "Counts of every window.",
          (*WINDOW, "column", "segment", "clock", *PAGED), "Profiles"),
    Route("GET", f"{_MODEL}/metrics", "list_metrics", READ, "Evidence of every window.",
          (*WINDOW, "column", "segment", "clock", *PAGED), "Page"),
    Route("GET", f"{_MODEL}/series", "get_series", READ,
          "Metric series: values of every fast window, what was expected, how unusual they are.",
          (*WINDOW, "series", "column"), "MetricSeries"),
    Route("GET", f"{_MODEL}/capture", "get_capture", READ,
          "What became of the calls whose requests and responses came apart.", answer="Capture"),
    Route("GET", f"{_MODEL}/objectives", "get_objectives", READ,
          "What was promised of its service: how fast budgets of errors burn, what is left.",
          answer="Objectives"),
    Route("GET", f"{_MODEL}/tails", "get_tails", READ,
          "How long answers took, by column and part of the rows; traffic, errors by type.",
          (*WINDOW, "column", "segment"), "Tails"),
    Route("GET", f"{_MODEL}/events", "list_events", READ, "Stored events, by time of serving.",
          (*WINDOW, "column", *EVENTS, "order", "redact", *PAGED), "StoredEvents"),
    Route("GET", f"{_MODEL}/events/{{event}}", "get_event", READ,
          "One event with everything derived from it.", ("time", "redact"), "StoredEvent"),
    Route("GET", f"{_MODEL}/rare", "list_rare", READ,
          "The rarest single events, the newest first: they raise no alarm.",
          (*WINDOW, *PAGED), "RareEvents"),
    Route("GET", f"{_MODEL}/baselines", "list_baselines", READ, "Baselines.",
          (*WINDOW, *PAGED), "Page"),
    Route("POST", f"{_MODEL}/baselines", "make_baseline", ADMIN,
          "Fit a baseline to a stretch of logged events.", body="Range"),
    Route("GET", f"{_MODEL}/schema.yaml", "get_schema_yaml", READ,
          "The schema in force as YAML.", kind="application/yaml"),
    Route("GET", f"{_MODEL}/settings", "get_settings", READ,
          "Settings with their origin; monitors with their shares of the budget.",
          answer="Settings"),
    Route("POST", f"{_MODEL}/settings", "save_settings", ADMIN,
          "Save settings over those of the file; null takes one back.", answer="SavedSettings",
          body="Change"),
    Route("GET", f"{_MODEL}/backtest", "get_backtest", READ,
          "The newest back-test: how far it is, what came of it.", answer="Backtest"),
    Route("POST", f"{_MODEL}/backtest", "run_backtest", ADMIN,
          "What other settings would have raised; 202 while it runs, 409 while another does.",
          answer="Backtest", body="BacktestOf"),
    Route("GET", f"{_MODEL}/deploys", "list_deploys", READ, "Deploys and remarks.",
          (*WINDOW, *PAGED), "Page"),
    Route("POST", f"{_MODEL}/deploys", "mark_deploy", ADMIN, "Mark a deploy on the time line.",
          body="Deploy"),
    Route("GET", f"{_MODEL}/charts/{{chart}}", "chart", READ,
          "A chart by name and form, like heat.json, traffic.csv, timeline.png, course.svg.",
          (*WINDOW, "column", "segment", "component", "rows", "series", *GROUPED)),
    Route("GET", f"{_MODEL}/performance", "get_performance", READ,
          "How good the predictions are: by labels, as estimated without, in the reference.",
          (*WINDOW, "segment", "metric", "step"), "Performance"),
    Route("GET", f"{_MODEL}/fairness", "get_fairness", READ,
          "How groups are treated: rates, verdicts, what cannot be told yet.",
          (*WINDOW, *GROUPED), "Fairness"),
    Route("GET", f"{_MODEL}/skew", "get_skew", READ,
          "Whether serving saw what is reckoned offline: pairs, rates by column, causes; of one"
          " column also its course, values and events.", (*WINDOW, "column"), "Skew"),
    Route("GET", "/api/v1/incidents", "list_incidents", READ, "Incidents of all models.",
          ("model", *WINDOW, "column", "segment", "axis", "severity", "state", *PAGED),
          "Incidents"),
    Route("GET", "/api/v1/incidents/{incident}", "get_incident", READ, "One incident.",
          answer="Incident"),
    Route("GET", "/api/v1/incidents/{incident}/explanation", "get_explanation", READ,
          "Why the model's loss moved: causes, segments, harm.", answer="Explained"),
    Route("GET", "/api/v1/incidents/{incident}/picture.png", "picture_png", READ,
          "Its leading column before and after.", kind="image/png"),
    Route("GET", "/api/v1/incidents/{incident}/picture.svg", "picture_svg", READ,
          "The same as SVG.", kind="image/svg+xml"),
    Route("GET", "/api/v1/incidents/{incident}/findings.csv", "incident_csv", READ,
          "Its findings as CSV.", kind="text/csv"),
    Route("GET", "/api/v1/incidents/{incident}/change.{form}", "incident_chart", READ,
          "One of its columns before and after, as json, csv, png or svg.", ("column", "segment")),
    Route("POST", "/api/v1/incidents/{incident}/actions", "act_on_incident", ADMIN,
          "Acknowledge, mute, unmute, resolve, reopen, or leave a note.", body="Action"),
    Route("GET", "/api/v1/scrapes", "list_scrapes", READ,
          "Servers of models whose metrics are fetched, and what became of it."),
    Route("GET", "/api/v1/quarantine", "list_quarantine", READ, "Refused events with reasons.",
          ("model", *WINDOW, "redact", *PAGED), "Page"),
    Route("GET", "/api/v1/messages", "list_messages", READ, "Messages; state=dead: dead letters.",
          ("model", "state", *WINDOW, *PAGED), "Page"),
    Route("GET", "/api/v1/keys", "list_keys", ADMIN, "API keys, without their texts.",
          answer="Keys"),
    Route("POST", "/api/v1/keys", "create_key", ADMIN, "Make a key; its text is shown this once.",
          answer="NewKey", body="KeyOf"),
    Route("POST", "/api/v1/keys/{key}/revoke", "revoke_key", ADMIN, "End a key.", answer="Key"),
    Route("POST", "/api/v1/channels/{channel}/test", "try_channel", ADMIN,
          "Send a test message over a channel at once.", answer="Tested"),
    Route("GET", "/", "page_models", READ, "The models, worst first.", kind=_HTML),
    Route("GET", "/models/{model}", "page_model", READ, "One model.",
          (*WINDOW, "rows", "cursor", "metric", "segment"),
          kind=_HTML),
    Route("GET", "/models/{model}/fairness", "page_fairness", READ, "How it treats groups.",
          (*WINDOW, *GROUPED), kind=_HTML),
    Route("GET", "/models/{model}/schema", "page_schema", READ, "What its rows must obey.",
          WINDOW, kind=_HTML),
    Route("GET", "/models/{model}/skew", "page_skew", READ, "Serving beside training.",
          (*WINDOW, "column"), kind=_HTML),
    Route("GET", "/models/{model}/anomalies", "page_anomalies", READ,
          "Rows and metrics out of the ordinary.", (*WINDOW, "segment", "series"), kind=_HTML),
    Route("GET", "/models/{model}/service", "page_service", READ, "Whether it is up and fast.",
          (*WINDOW, "segment", "column"), kind=_HTML),
    Route("POST", "/models/{model}/deploys", "form_deploy", ADMIN, "Mark a deploy.", kind=_HTML),
    Route("GET", "/models/{model}/columns/{column:path}", "page_column", READ, "One column.",
          (*WINDOW, "segment"), kind=_HTML),
    Route("GET", "/models/{model}/events", "page_events", READ, "Its events.", kind=_HTML),
    Route("GET", "/models/{model}/events/{event}", "page_event", READ, "One event.", kind=_HTML),
    Route("GET", "/models/{model}/settings", "page_model_settings", READ,
          "How one model is watched.", kind=_HTML),
    Route("POST", "/models/{model}/settings", "form_model_settings", ADMIN,
          "Try or save other settings.", kind=_HTML),
    Route("POST", "/models/{model}/baseline", "form_baseline", ADMIN, "Promote a period.",
          kind=_HTML),
    Route("GET", "/incidents/{incident}", "page_incident", READ, "One incident.", kind=_HTML),
    Route("POST", "/incidents/{incident}", "form_incident", ADMIN, "Act on it.", kind=_HTML),
    Route("GET", "/quarantine", "page_quarantine", READ, "Refused events.", kind=_HTML),
    Route("GET", "/settings", "page_settings", READ, "The server and its settings.", kind=_HTML),
    Route("POST", "/settings/keys", "form_key", ADMIN, "Make a key.", kind=_HTML),
    Route("POST", "/settings/keys/{key}", "form_revoke", ADMIN, "End a key.", kind=_HTML),
    Route("POST", "/settings/channels/{channel}", "form_channel", ADMIN, "Test a channel.",
          kind=_HTML),
    Route("GET", "/status", "page_status", READ, "The server.", kind=_HTML),
    Route("GET", "/login", "page_login", OPEN, "Enter a key.", ("to",), kind=_HTML),
    Route("POST", "/login", "form_login", OPEN, "Enter a key.", kind=_HTML),
    Route("POST", "/logout", "form_logout", OPEN, "Forget the key.", kind=_HTML),
    Route("GET", "/live", "live", READ, "A stream of server-sent events: `changed`.", ("model",),
          kind="text/event-stream"),
    Route("GET", "/assets/{print}/{name}", "asset", OPEN, "Style sheet and scripts.", kind=ASSET),
)  # fmt: skip
