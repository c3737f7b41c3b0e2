"""OTLP over gRPC.

Owns: a gRPC server beside the HTTP one, in the same loop; its answers.  Does not own: what bodies
hold (`ingest.otlp`), storing (`web.foreign`), keys.

Methods are found by name and bodies stay bytes, so nothing generated is needed of the services.
"""

from typing import Any

from vedette.core.errors import SettingsError, VedetteError
from vedette.ingest.foreign import Asked
from vedette.ingest.otlp.form import LOG_RECORDS, METRICS, PROTOBUF_TYPE, SPANS
from vedette.ingest.otlp.replies import reply
from vedette.web.answers import Problem, problem_of
from vedette.web.bodies import Bodies
from vedette.web.foreign import Foreign
from vedette.web.guard import caller_of, permit
from vedette.web.keys import INGEST, KeyRing, is_loopback

_PACKAGE = "opentelemetry.proto.collector"
# Services with the way and the signal that their one method, Export, is.
SERVICES = (
    (f"{_PACKAGE}.trace.v1.TraceService", "/v1/traces", SPANS),
    (f"{_PACKAGE}.metrics.v1.MetricsService", "/v1/metrics", METRICS),
    (f"{_PACKAGE}.logs.v1.LogsService", "/v1/logs", LOG_RECORDS),
)
CALLS = 100  # at once; a further one is told to come back
GRACE_S = 5.0  # for calls under way when the server is told to stop


class GrpcListener:
    """A gRPC server for the traces, metrics and logs of one application.

    Errors: SettingsError when gRPC is not installed or the port is taken.
    """

    def __init__(self, foreign: Foreign, bodies: Bodies, ring: KeyRing, host: str) -> None:
        try:
            import grpc
            import grpc.aio
        except ImportError:
            raise SettingsError(
                "otlp", "grpc_port needs gRPC", hint="pip install 'vedette[grpc]'"
            ) from None
        self._grpc = grpc
        self._foreign, self._bodies, self._ring, self._host = foreign, bodies, ring, host
        self._server: Any = None

    async def start(self, port: int) -> int:
        """Listen; the port, which 0 lets the system choose."""
        grpc = self._grpc
        self._server = grpc.aio.server(
            handlers=[self._handler(*one) for one in SERVICES],
            maximum_concurrent_rpcs=CALLS,
            options=[
                ("grpc.max_receive_message_length", self._bodies.limits.body),
                ("grpc.so_reuseport", 0),  # a port that is taken is an error
            ],
        )
        address = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"
        try:
            bound: int = self._server.add_insecure_port(address)
        except RuntimeError:
            bound = 0
        if not bound:
            raise SettingsError(
                f"address {address}", "cannot be listened on for gRPC",
                hint="another server may be there: choose another otlp.grpc_port",
            )  # fmt: skip
        await self._server.start()
        return bound

    def _handler(self, service: str, path: str, signal: str) -> Any:
        """What answers calls of one service."""

        async def export(body: bytes, context: Any) -> bytes:
            return await self.export(path, signal, body, context)

        method = self._grpc.unary_unary_rpc_method_handler(export)
        return self._grpc.method_handlers_generic_handler(service, {"Export": method})

    async def stop(self) -> None:
        """Finish the calls under way, then end."""
        if self._server is not None:
            await self._server.stop(GRACE_S)

    async def export(self, path: str, signal: str, body: bytes, context: Any) -> bytes:
        """Answer one call."""
        headers = [(k.encode(), _bytes(v)) for k, v in context.invocation_metadata() or ()]
        asked = Asked({"content-type": PROTOBUF_TYPE}, self._bodies.wall(), self._bodies.limits)
        held = [0]
        try:
            caller = permit(caller_of(self._ring, headers, is_loopback(self._host)), INGEST)
            self._foreign.admit()
            self._bodies.hold(len(body), held)
            kept = await self._foreign.kept(self._foreign.ways[path], body, asked, caller)
            return reply(signal, PROTOBUF_TYPE, kept.refused, kept.why)
        except (VedetteError, Problem) as error:
            problem = problem_of(error)
            await context.abort(self._code(problem), problem.message)
            raise  # not reached: abort raises
        finally:
            self._bodies.release(held)

    def _code(self, problem: Problem) -> Any:
        """The status that tells a sender whether to come back."""
        codes = self._grpc.StatusCode
        if problem.status in (401, 403):
            return codes.UNAUTHENTICATED if problem.status == 401 else codes.PERMISSION_DENIED
        again = problem.status in (408, 429) or problem.status > 500
        return codes.UNAVAILABLE if again else codes.INVALID_ARGUMENT


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")
