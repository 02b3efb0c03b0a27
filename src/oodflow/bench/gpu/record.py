"""What a measurement on a GPU writes down. In bytes, FLOP, images, and combinations of them with seconds."""

from typing import ClassVar

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
        share: of the faster one in what the GPU reaches at the flow's convolutions alone; none if it has other layers.
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
    share: Spread | None
    of_peak: Spread
    memory_bytes: int


class GpuRecord(Record):
    """Training on a GPU.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for.
        peaks: FLOP/s of a product of two large matrices, by precision.
        flows: each flow in each way.
        skipped_steps: those that were not finite.
    """

    version: ClassVar[int | None] = 0

    provenance: Provenance
    options: GpuOptions
    peaks: dict[str, Spread]
    flows: tuple[GpuSpeed, ...]
    skipped_steps: int
