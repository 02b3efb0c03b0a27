"""What a measurement of speed and memory writes down. In bytes, seconds, FLOP, images, and combinations of them."""

from typing import Any, ClassVar

from oodflow.bench.options import BenchOptions
from oodflow.records import Record
from oodflow.runs.provenance import Provenance, take_provenance


class Spread(Record):
    """What several rounds came to.

    Attributes:
        median: of the rounds.
        low: lowest round.
        high: highest round.
    """

    median: float
    low: float
    high: float


class Speed(Record):
    """How fast a task takes images through a flow."""

    flop_per_image: int
    images_per_second: Spread
    flop_per_second: Spread


class LimitedSpeed(Speed):
    """Speed beside the machine's limit.

    Attributes:
        limit_flop_per_second: what this machine reaches at the flow's convolutions alone.
        share: of that limit; 1 is all of it.
    """

    limit_flop_per_second: Spread
    share: Spread


class Memory(Record):
    """Resident memory of a process that trains.

    Attributes:
        import_bytes: the most before the flow was built.
        growth_bytes: from there to the most.
    """

    import_bytes: int
    growth_bytes: int

    @property
    def whole(self) -> int:
        """The most, in bytes."""
        return self.import_bytes + self.growth_bytes


class MemoryKinds(Record):
    """By ``training.memory``."""

    stored: Memory
    reversible: Memory


class FlowSpeed(Record):
    """A recipe's flow.

    Attributes:
        recipe: its name.
        scale: its scale.
        flow: title of the flow.
        shape: of the images.
        parameters: how many numbers are trained.
        skipped_steps: those that were not finite.
        train: training.
        score: the pass over data that all scores share.
        reversible_time: of a step with ``training.memory=reversible``, over that of one that stores activations.
        memory: of training.
        bfloat16_speedup: of a step with ``training.precision=bfloat16``, over one in float32; none: not measured yet.
    """

    recipe: str
    scale: str
    flow: str
    shape: tuple[int, ...]
    parameters: int
    skipped_steps: int
    train: LimitedSpeed
    score: LimitedSpeed
    reversible_time: Spread
    memory: MemoryKinds
    bfloat16_speedup: Spread | None = None


class Pair(Record):
    """A task, theirs and ours; a ``ratio`` above 1 says that ours is faster."""

    ratio: Spread
    theirs: Speed
    ours: Speed


class Sizes(Record):
    """Numbers of parameters."""

    theirs: int
    ours: int


class Duel(Record):
    """A flow of another library and the one of ours that is nearest to it.

    Attributes:
        theirs: what theirs is.
        ours: what ours is.
        flow: title of ours.
        parameters: of both.
        train: training.
        score: scoring.
    """

    theirs: str
    ours: str
    flow: str
    parameters: Sizes
    train: Pair
    score: Pair


class PeerSpeed(Record):
    """Another library.

    Attributes:
        peer: its name.
        release: its version; none where it is not installed.
        missing: why there is no duel.
        duel: what was measured.
    """

    peer: str
    release: str | None = None
    missing: str | None = None
    duel: Duel | None = None


class LayerLimit(Record):
    """How fast this machine computes a layer, ``product``: the same FLOP as a matrix product."""

    name: str
    channels: int
    size: tuple[int, ...]
    forward_flop_per_second: Spread
    train_flop_per_second: Spread
    product_flop_per_second: Spread


class Limits(Record):
    """The machine's own limits."""

    layers: tuple[LayerLimit, ...]
    copy_bytes_per_second: Spread


class EvaluateTime(Record):
    """What evaluating takes beside scoring: seconds, and the images that could have been scored meanwhile."""

    seconds: Spread
    images: Spread


class Surroundings(Record):
    """What there is beside the flow.

    Attributes:
        recipe: whose flow it was measured with.
        scale: at which scale.
        loading: the share of a training step and its loading that loading is, batch and noise together.
        scores: by score, what it costs on top of the likelihood pass, as a share of that pass.
        evaluate: what ``oodflow evaluate`` does but score, with sets that are cached.
    """

    recipe: str
    scale: str
    loading: Spread
    scores: dict[str, Spread]
    evaluate: EvaluateTime


class Startup(Record):
    """Processes from start to end, by command.

    Attributes:
        seconds: of each.
        ratios: to what it stands beside.
        beside: what that is.
    """

    seconds: dict[str, Spread]
    ratios: dict[str, Spread]
    beside: dict[str, str]


def _with_parts(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate the first version, which had provenance and options among its own fields."""
    new = dict(old)
    made = take_provenance(new)
    peers = [_peer(dict(row)) for row in new.pop("peers")]
    options = {
        "recipes": list(dict.fromkeys(row["recipe"] for row in old["flows"])),
        "scales": list(dict.fromkeys(row["scale"] for row in old["flows"])),
        "rounds": new.pop("rounds"),
        "peers": bool(peers),
    }
    return {**new, "provenance": made, "options": options, "peers": peers}


def _peer(row: dict[str, Any]) -> dict[str, Any]:
    common = {"peer": row.pop("peer"), "release": row.pop("version", None), "missing": row.pop("missing", None)}
    return {**common, "duel": row or None}


class BenchRecord(Record):
    """Speed and memory on a machine.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for.
        cpu: model of the processor.
        load: processes that wanted a core in the minute before; none where the system does not say.
        batch: images that flows train and score on at once.
        flows: recipes at scales.
        peers: other libraries.
        limits: of this machine.
        surroundings: beside the flow.
        startup: before a command does anything.
    """

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: _with_parts}

    provenance: Provenance
    options: BenchOptions
    cpu: str
    load: float | None
    batch: int
    flows: tuple[FlowSpeed, ...]
    peers: tuple[PeerSpeed, ...]
    limits: Limits
    surroundings: Surroundings
    startup: Startup
