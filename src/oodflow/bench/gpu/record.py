"""What a measurement on a GPU writes down. In bytes, FLOP, images, and combinations of them with seconds."""

from typing import Any, ClassVar

from oodflow.bench.gpu.options import GpuOptions
from oodflow.bench.record import Speed, Spread
from oodflow.records import Record
from oodflow.runs.provenance import Provenance


class GpuSpeed(Record):
    """Training one flow in one way.

    Attributes:
        recipe: whose flow.
        scale: its scale.
        flow: title of the flow.
        parameters: how many numbers are trained.
        precision: of the st-networks.
        batch: images a step.
        launched: speed when the CPU starts every kernel.
        replayed: speed with ``training.cuda_graph``.
        speedup: of the latter over the former.
        of_peak: of the faster one in the GPU's rate of matrix products.
        memory_bytes: the most that was allocated.
    """

    recipe: str
    scale: str
    flow: str
    parameters: int
    precision: str
    batch: int
    launched: Speed
    replayed: Speed
    speedup: Spread
    of_peak: Spread
    memory_bytes: int


def _without_share(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate the first version, whose limit was that of kernels started one by one, which replayed ones exceeded."""
    flows = [{name: value for name, value in row.items() if name != "share"} for row in old["flows"]]
    return {**old, "flows": flows}


class GpuRecord(Record):
    """Training on a GPU.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for.
        peaks: FLOP/s of a product of two large matrices, by precision.
        flows: each flow in each way.
        skipped_steps: those that were not finite.
    """

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: _without_share}

    provenance: Provenance
    options: GpuOptions
    peaks: dict[str, Spread]
    flows: tuple[GpuSpeed, ...]
    skipped_steps: int
