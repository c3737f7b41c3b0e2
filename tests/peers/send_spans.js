// Sends two spans as OTLP in JSON with OpenTelemetry's own exporter: `node send_spans.js URL`.
// NODE_PATH names the folder of packages.
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
const { TracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { SpanStatusCode } = require("@opentelemetry/api");

const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": "web", "service.version": "3" }),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: process.argv[2] }) })],
});
const tracer = provider.getTracer("journey");
const first = tracer.startSpan("chat gpt-5.2", {
  attributes: {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5.2",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.request.temperature": 0.5,
    "gen_ai.response.finish_reasons": ["stop"],
    "own.flag": true,
  },
});
first.end();
const second = tracer.startSpan("GET /items", { kind: 1 });
second.recordException(new TypeError("no such item"));
second.setStatus({ code: SpanStatusCode.ERROR, message: "no such item" });
second.end();
provider.shutdown().catch((error) => {
  console.error(error);
  process.exit(1);
});
