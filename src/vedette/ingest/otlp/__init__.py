"""What OpenTelemetry's SDKs and collectors send: traces, metrics and logs.

Owns: the two encodings of OTLP, and what its spans, points and records become.  Does not own: what
attributes of GenAI calls mean (`ingest.genai`), HTTP and gRPC (`web`).
"""
