"""The record as a page."""

from oodflow.bench.gpu.record import GpuRecord, GpuSpeed
from oodflow.bench.page import rests_on
from oodflow.document import Code, Document, Paragraph, Table, table
from oodflow.document.numbers import counted, number, with_range

INTRODUCTION = (
    """\
Training steps on random 8-bit images. Medians of {rounds} in which all that is divided by one another took turns, and
in brackets the lowest and the highest round. Replayed is """,
    Code("training.cuda_graph=true"),
    """: forward and backward pass as a recording of their kernels, in place of kernels that the CPU starts one by one.
The share is that of the faster one in the peak, which is the rate of a product of two large matrices in the same
precision ({peaks}). Memory is the most that was allocated while both were there.""",
)


def gpu_document(record: GpuRecord, title: str = "Training on a GPU") -> Document:
    """Lay a record of :func:`oodflow.bench.gpu.bench_gpu` out as a page."""
    peaks = ", ".join(f"{name} {with_range(rate, 1e-12, 0)} TFLOP/s" for name, rate in record.peaks.items())
    first, code, rest = INTRODUCTION
    introduction = (first.format(rounds=counted(record.options.rounds, "round")), code, rest.format(peaks=peaks))
    return Document(
        title,
        (
            Paragraph(introduction),
            _speeds(record.flows),
            rests_on(
                record.provenance,
                f"{record.provenance.gpu or 'no GPU'}, {counted(record.provenance.cpus or 0, 'core')}",
                f"{record.skipped_steps} training steps skipped",
            ),
        ),
    )


def _speeds(flows: tuple[GpuSpeed, ...]) -> Table:
    header = ["configuration", "scale", "precision", "batch", "images/s", "replayed, images/s", "replayed/launched",
              "% of the peak", "memory, GiB"]  # fmt: skip
    rows = [
        [
            row.recipe, row.scale, row.precision, number(row.batch, 0),
            *(with_range(speed.images_per_second, digits=0) for speed in (row.launched, row.replayed)),
            with_range(row.speedup), with_range(row.of_peak, 100, 1), number(row.memory_bytes / 2**30, 1),
        ]
        for row in flows
    ]  # fmt: skip
    return table(header, rows)
