"""What of a decoded body may come in.

Owns: asking the schema and the bound on names of metrics.  Does not own: both (`engine.gate`,
`engine.metric_names`), storing.
"""

from vedette.engine.gate import FEW
from vedette.ingest.decoded import Decoded
from vedette.web.backing import Service
from vedette.web.bodies import Bodies


async def passed(service: Service, bodies: Bodies, model: str, decoded: Decoded) -> Decoded:
    """A body without what may not come in; many rows are judged beside the loop."""
    if decoded.rows is not None and (gate := service.gate_of(model)) is not None:
        few = decoded.rows.num_rows <= FEW
        decoded = gate.passed(decoded) if few else await bodies.beside(gate.passed, decoded)
    if decoded.metrics is not None:
        decoded = service.metric_names(model).passed(decoded)
    return decoded
