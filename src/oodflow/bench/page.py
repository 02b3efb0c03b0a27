"""The record as a page: ratios first, for they alone may be compared between machines."""

from collections.abc import Sequence

from oodflow.bench.record import BenchRecord, FlowSpeed, LimitedSpeed, Limits, PeerSpeed, Speed, Startup, Surroundings
from oodflow.document import Block, Bullets, Code, Document, Paragraph, Section, Strong, Table, Text, table
from oodflow.document.numbers import counted, number, with_range
from oodflow.runs.provenance import Provenance

BUSY = 0.5  # processes that wanted a core in the minute before

INTRODUCTION = """\
Medians of {rounds} in which all that is divided by one another took turns, and in brackets the lowest and the
highest round. Ratios may be compared between machines; images a second may not. Flows train and score on random
8-bit images, {batch} at once."""

SHARES = """\
Share of the limit: the FLOP of a forward pass (scoring) or of forward and backward (training), counted, over the time
and the rate at which this machine does 3x3 convolutions of the flow's shapes with nothing around them (channels-last;
thin and 1x1 convolutions count with the rate of the widest at their size; harmonic mean, weighted with FLOP)."""

PEERS = """\
How many times as fast ours is, above 1: faster. Both are built as alike as they allow, train with Adam, and do so by
turns in one process. GFLOP/s tells what differing sizes hide."""

PRECISION = (
    "How many times as fast a step is with ",
    Code("training.precision=bfloat16"),
    """, in which the st-networks are computed. It depends on the processor: one without instructions for bfloat16 is
slower with it.""",
)

MEMORY = (
    """\
The most that a process which trains had in memory, libraries and all; its growth is over what it had before there was a
flow. Reversible is """,
    Code("training.memory=reversible"),
    ", which stores no activations and computes them again.",
)


def bench_document(record: BenchRecord, title: str = "Speed") -> Document:
    """Lay a record of :func:`oodflow.bench.run.bench` out as a page."""
    introduction = INTRODUCTION.format(rounds=counted(record.options.rounds, "round"), batch=record.batch)
    peers = Section("Beside other libraries", (Paragraph(PEERS), _peers(record.peers), *_sizes(record.peers)))
    precision = Section("Training in bfloat16", (Paragraph(PRECISION), _precision(record.flows)))
    return Document(
        title,
        (
            Paragraph(introduction),
            Section("Share of this machine's limit", (Paragraph(SHARES), _shares(record.flows))),
            *([peers] if record.peers else []),
            *([precision] if any(row.bfloat16_speedup for row in record.flows) else []),
            Section("Memory of training", (Paragraph(MEMORY), _memory(record.flows))),
            Section("Around the flow", (_surroundings(record.surroundings), _startup(record.startup))),
            Section("On this machine", (_throughput(record.flows), *_limits(record.limits))),
            Section("What these rest on", (_provenance(record),)),
        ),
    )


def _shares(flows: Sequence[FlowSpeed]) -> Table:
    return table(
        ["configuration", "scale", "parameters", "training, % of the limit", "scoring, % of the limit"],
        [
            [row.recipe, row.scale, number(row.parameters, 0),
             *(with_range(speed.share, 100, 1) for speed in (row.train, row.score))]
            for row in flows
        ],
    )  # fmt: skip


def _peers(peers: Sequence[PeerSpeed]) -> Table:
    rows: list[list[Text]] = []
    for row in peers:
        name = " ".join([row.peer, row.release or ""]).strip()
        if row.duel is None:
            rows.append([name, row.missing or "", "", "", ""])
        else:
            ratios = [with_range(pair.ratio) for pair in (row.duel.train, row.duel.score)]
            rows.append([name, row.duel.theirs, row.duel.ours, *ratios])
    return table(["library", "its flow", "ours", "training, ours/theirs", "scoring, ours/theirs"], rows)


def _sizes(peers: Sequence[PeerSpeed]) -> list[Table]:
    header = ["flow", "parameters", "MFLOP an image, forward"]
    header += ["training, images/s", "training, GFLOP/s", "scoring, images/s", "scoring, GFLOP/s"]
    rows = []
    for row in peers:
        if row.duel is not None:
            train, score, parameters = row.duel.train, row.duel.score, row.duel.parameters
            rows.append(_size(row.peer, parameters.theirs, train.theirs, score.theirs))
            rows.append(_size(f"ours, beside {row.peer}", parameters.ours, train.ours, score.ours))
    return [table(header, rows)] if rows else []


def _size(name: str, parameters: int, train: Speed, score: Speed) -> list[str]:
    flop = number(score.flop_per_image / 1e6, 2)
    return [name, number(parameters, 0), flop, *_rates(train), *_rates(score)]


def _throughput(flows: Sequence[FlowSpeed]) -> Table:
    header = ["configuration", "scale", "GFLOP an image, forward", "training, images/s", "training, GFLOP/s",
              "scoring, images/s", "scoring, GFLOP/s"]  # fmt: skip
    return table(header, [
        [row.recipe, row.scale, number(row.score.flop_per_image / 1e9, 4), *_rates(row.train), *_rates(row.score)]
        for row in flows
    ])  # fmt: skip


def _precision(flows: Sequence[FlowSpeed]) -> Table:
    return table(
        ["configuration", "scale", "training, bfloat16/float32"],
        [[row.recipe, row.scale, with_range(row.bfloat16_speedup)] for row in flows if row.bfloat16_speedup],
    )


def _memory(flows: Sequence[FlowSpeed]) -> Table:
    rows = []
    for row in flows:
        stored, reversible = row.memory.stored, row.memory.reversible
        rows.append([
            row.recipe, row.scale, *(number(kind.whole / 2**20, 0) for kind in (stored, reversible)),
            number(reversible.growth_bytes / stored.growth_bytes, 2), with_range(row.reversible_time),
        ])  # fmt: skip
    header = ["configuration", "scale", "stored, MiB", "reversible, MiB", "growth, reversible/stored",
              "time of a step, reversible/stored"]  # fmt: skip
    return table(header, rows)


def _rates(speed: Speed | LimitedSpeed) -> list[str]:
    images = speed.images_per_second
    return [
        with_range(images, digits=0 if images.median >= 10 else 2), with_range(speed.flop_per_second, 1e-9, 1)
    ]  # fmt: skip


def _limits(limits: Limits) -> list[Block]:
    rows = [
        [layer.name, *(with_range(rate, 1e-9, 0) for rate in (
            layer.forward_flop_per_second, layer.train_flop_per_second, layer.product_flop_per_second,
        ))]
        for layer in limits.layers
    ]  # fmt: skip
    header = ["layer", "forward, GFLOP/s", "forward and backward, GFLOP/s", "the same as a matrix product, GFLOP/s"]
    copy = with_range(limits.copy_bytes_per_second, 1e-9, 1)
    return [table(header, rows), Paragraph(f"Copying in memory, read and written: {copy} GB/s.")]


def _surroundings(around: Surroundings) -> Table:
    rows = [
        ["loading and noise, % of a training step with them", with_range(around.loading, 100, 2)],
        *([f"score {name}, % of the likelihood pass on top of it", with_range(share, 100, 2)]
          for name, share in around.scores.items()),
        ["evaluate beside scoring, images that could be scored meanwhile", with_range(around.evaluate.images, 1, 0)],
        ["evaluate beside scoring, seconds", with_range(around.evaluate.seconds)],
    ]  # fmt: skip
    return table([f"{around.recipe}, {around.scale} scale", "measured"], rows)


def _startup(startup: Startup) -> Table:
    def times(name: str) -> str:
        return with_range(startup.seconds[name], 1e3, 0)

    rows = [
        [name, f"{with_range(ratio)} x {startup.beside[name]}", times(name), times(startup.beside[name])]
        for name, ratio in startup.ratios.items()
    ]
    return table(["start-up", "ratio", "ms", "ms of what it stands beside"], rows)


def versions(made: Provenance) -> str:
    """Name the versions that something was measured with."""
    return f"oodflow {made.oodflow}, torch {made.torch}, Python {made.python}, {made.system}"


def rests_on(made: Provenance, machine: str, *more: str) -> Section:
    """Say what the numbers of a page rest on: command, commit and day, the machine, versions, and what else."""
    command = (Code(made.command), f" (commit {made.commit}, {made.day})")
    return Section("What these rest on", (Bullets((command, machine, versions(made), *more)),))


def _provenance(record: BenchRecord) -> Bullets:
    made = record.provenance
    load = "" if record.load is None else f", load {number(record.load, 1)} at the start"
    busy = record.load is not None and record.load > BUSY
    warning = Strong("Something else was using this machine: measure again when it is idle.")
    return Bullets((
        *([warning] if busy else []),
        (Code(made.command), f" (commit {made.commit}, {made.day})"),
        f"{record.cpu}, {counted(made.threads, 'thread')} of {made.cpus} cores{load}",
        versions(made),
        f"{sum(row.skipped_steps for row in record.flows)} training steps skipped",
    ))  # fmt: skip
