"""What of a decoded body may come in.

Owns: asking the schema and the bound on names of metrics.  Does not own: both (`engine.gate`,
`engine.metric_names`), storing.
"""

from vedette.engine.gate import FEW
from vedette.ingest.decoded import Decoded
from vedette.web.backing import Service
from vedette.web.bodies import Bodies


async def passed(
    service: Service, bodies: Bodies, model: str, decoded: Decoded, *, whole: bool
) -> Decoded:
    """A body without what may not come in; many rows are judged beside the loop.

    `whole` where its sender hears that a schema refuses it as a whole.
    """
    if decoded.rows is not None and (gate := service.gate_of(model)) is not None:
        few = decoded.rows.num_rows <= FEW
        if few:
            decoded = gate.passed(decoded, whole=whole)
        else:
            decoded = await bodies.beside(gate.passed, decoded, whole=whole)
    if decoded.metrics is not None:
        decoded = service.metric_names(model).passed(decoded)
    return decoded
