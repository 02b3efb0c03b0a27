"""The record as a page."""

from oodflow.bench.page import rests_on
from oodflow.bench.reliability.record import Fault, Fuzzed, GlowTraining, ReliabilityRecord
from oodflow.document import Align, Block, Code, Document, Paragraph, Section, Table, Text, table
from oodflow.document.numbers import counted, number

ALIGN: tuple[Align, ...] = (
    "left", "right", "right", "right", "right", "right", "right", "right", "right", "left", "right"
)  # fmt: skip
FAULTS = (
    "Small trainings in processes of their own, upon which something comes; then they go on with ",
    Code("oodflow train --resume"),
    ". Each is held against one that nothing came upon: weights, averages and moments bit for bit, and the log.",
)
FILES = (
    "Sound files that were changed at random, once or twice each: cut off, bits flipped, numbers and values set to "
    "extremes, pieces repeated, dropped or overwritten, or noise altogether. ",
    Code("make fuzz"),
    " lets each reader read them in a process with a limit to its memory, where a crash, a warning or an error that "
    "does not name the file is a failure; a reader that had one has no line here. What is read has damage that nothing "
    "tells: a pixel that is another, a format without a checksum, or one of our own from before it had a digest. Of a "
    "log what can be read is, and a damaged calibration counts as none: it is made anew.",
)
GLOW = (
    "Users of the authors' code see its README's Glow on FashionMNIST end in NaN after some epochs (issue 10 of its "
    "repository). This is that training in small, by its own optimiser, rate, decay, clipping and batch, which the "
    "recipe ",
    Code("fashion-mnist-glow"),
    " has at ",
    Code("paper"),
    " scale; the flow is smaller and the steps are fewer. The last row shows a rate that is far too large.",
)


def reliability_document(record: ReliabilityRecord, title: str = "Reliability") -> Document:
    """Lay a record of :func:`oodflow.bench.reliability.measure` out as a page."""
    tried, lost = sum(fault.tried for fault in record.faults), sum(fault.lost for fault in record.faults)
    cases = sum(one.accepted + one.refused for one in record.files)
    files = f", and {cases:,} damaged files" if cases else ""
    summary = f"{tried:,} faults came upon trainings and evaluations{files}. Lost: {lost or 'nothing'}."
    blocks: list[Block] = [Paragraph(summary), Section("Faults", (Paragraph(FAULTS), _faults(record.faults)))]
    if record.files:
        blocks.append(Section("Damaged files", (Paragraph(FILES), _files(record.files))))
    glow: Block = _glow(record.glow) if record.glow else Paragraph(f"Left out here: {record.without_glow}.")
    blocks.append(Section("The published Glow's training", (Paragraph(GLOW), glow)))
    made, options = record.provenance, record.options
    blocks.append(
        rests_on(
            made,
            f"{made.system}, {counted(made.cpus or 0, 'core')}, a thread for each process",
            f"trainings of {options.steps} steps; random moments by seed {options.seed}",
        )
    )
    return Document(title, tuple(blocks))


def _faults(faults: tuple[Fault, ...]) -> Table:
    rows = [
        [fault.what, fault.promise + (f" ({fault.note})" if fault.note else ""), f"{fault.tried:,}", f"{fault.lost:,}"]
        for fault in faults
    ]
    return table(["what comes", "what has to hold", "tried", "lost"], rows, ["left", "left", "right", "right"])


def _files(files: tuple[Fuzzed, ...]) -> Table:
    rows = [
        [one.format, f"{one.accepted + one.refused:,}", f"{one.refused:,}", f"{one.accepted:,}", number(one.slowest, 2)]
        for one in files
    ]
    rows.append(["all", *_sums(files), number(max(one.slowest for one in files), 2)])
    return table(["file", "tried", "refused", "read", "slowest, s"], rows, ["left", "right", "right", "right", "right"])


def _sums(files: tuple[Fuzzed, ...]) -> list[str]:
    read, refused = sum(one.accepted for one in files), sum(one.refused for one in files)
    return [f"{read + refused:,}", f"{refused:,}", f"{read:,}"]


def _glow(trainings: tuple[GlowTraining, ...]) -> Table:
    header = ["optimiser, rate, batch", "seed", "parameters", "steps", "epochs", "held-out bits/dim, at four looks",
              "highest in training", "skipped", "retreats", "end", "minutes"]  # fmt: skip
    return table(header, [_training(one) for one in trainings], ALIGN)


def _training(one: GlowTraining) -> list[Text]:
    training = one.config.training
    assert training is not None, "it was trained here"
    return [
        f"{training.optimiser}, {training.lr:g}, {training.batch_size}", str(training.seed), f"{one.parameters:,}",
        f"{training.steps:,}", number(one.epochs, 1), ", ".join(number(bits, 3) for bits in one.bits_per_dim) or "-",
        "-" if one.highest is None else number(one.highest, 2), f"{one.skipped:,}", str(one.retreats),
        one.ended or "as it should", number(one.minutes, 1),
    ]  # fmt: skip
