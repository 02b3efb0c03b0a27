"""The record as a page."""

from oodflow.bench.page import rests_on
from oodflow.bench.ranks.record import RanksRecord
from oodflow.document import Document, Paragraph, table
from oodflow.document.numbers import counted, number, with_range


def ranks_document(record: RanksRecord, title: str = "Several processes") -> Document:
    """Lay a record of :func:`oodflow.bench.ranks.measure` out as a page."""
    options = record.options
    introduction = (
        f"Training and scoring on random 8-bit images by one process and by {options.processes} that share the work, "
        f"on one machine. Medians of {counted(options.rounds, 'round')} in which all that is divided by one another "
        "took turns, and in brackets the lowest and the highest round. A step has "
        f"{options.batch} images, of all processes together; {options.steps} steps are timed, and {options.scored:,} "
        "images scored. Gains are over one process with one thread. Processes exchange the gradients of all "
        "parameters, 4 bytes each, in every step; scoring exchanges what comes out."
    )
    header = ["configuration", "scale", "parameters", "processes", "threads each", "training, images/s",
              "training, gain", "scoring, images/s", "scoring, gain"]  # fmt: skip
    rows = [
        [
            flow.recipe, flow.scale, number(flow.parameters, 0), str(way.processes), str(way.threads),
            with_range(way.training, digits=0), with_range(way.training_gain),
            with_range(way.scoring, digits=0), with_range(way.scoring_gain),
        ]
        for flow in record.flows
        for way in flow.ways
    ]  # fmt: skip
    made = record.provenance
    rests = rests_on(made, f"{made.system}, {counted(made.cpus or 0, 'core')}")
    return Document(title, (Paragraph(introduction), table(header, rows), rests))
