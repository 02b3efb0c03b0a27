"""What an explanation writes down: estimates have a value and the ends of their 95 % interval over images."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow.analysis import GapPart
from oodflow.explanation.migration import from_first_version, without_seed
from oodflow.explanation.options import ExplainOptions
from oodflow.metrics import Estimate
from oodflow.records import Record
from oodflow.runs.provenance import DataFacts, Provenance

Kind = Literal["single", "mean", "train_mode"]
"""Of latents: of one dequantisation, averaged over several, and of one with batch norm in train mode."""


class Coupling(Record):
    """A coupling layer's predictions; see :class:`oodflow.analysis.CouplingMeasures`."""

    scale: int | None
    size: tuple[int, int]
    r2: Estimate | None
    r2_erased: Estimate | None
    r2_fall: Estimate | None
    r2_swapped: Estimate | None
    r2_donor: Estimate | None
    mean_log_scale: Estimate | None
    log_scale_edges: Estimate | None
    log_det: Estimate | None


class Resampling(Record):
    """How much drawing the latents of a square anew changes an image, in grey levels of 255.

    Attributes:
        inside: in the square.
        surround: in all the rest.
        margin: a quarter of ``inside`` less ``surround``, of the same images.
    """

    inside: Estimate
    surround: Estimate
    margin: Estimate


class ExplainedSet(DataFacts):
    """A data set; a quantity is none where it can't be measured, as edges in flat images.

    The first version did not keep the images' ``shape``: then it is empty.

    Attributes:
        bits_per_dim: with the flow in eval mode.
        bits_per_dim_train_mode: with batch norm in train mode; none: the flow has no such, or it was not looked at.
        train_mode_rise: the latter less the former, of the same images.
        edge_correlation: of latents' magnitude with edges, by kind of latents.
        edge_gain: that of mean latents less that of single ones, of the same images.
        image_correlation: of latents with the image, without sign, by kind.
        couplings: in the order of the layers.
        resampling: what drawing latents anew does.
    """

    bits_per_dim: Estimate
    bits_per_dim_train_mode: Estimate | None
    train_mode_rise: Estimate | None
    edge_correlation: dict[Kind, Estimate | None]
    edge_gain: Estimate | None
    image_correlation: dict[Kind, Estimate | None]
    couplings: tuple[Coupling, ...]
    resampling: Resampling


class Between(Record):
    """By how much a quantity is larger for the other set than for the in-distribution one, whose images are others.

    Attributes:
        image_correlation_train_mode: that of latents with batch norm in train mode; none: not measured.
        r2: of each coupling; none where it can't be measured.
        gap: the log-probability, part by part, and last the whole.
    """

    image_correlation_train_mode: Estimate | None
    r2: tuple[Estimate | None, ...]
    gap: tuple[GapPart, ...]


class Trained(Record):
    """How the flow was trained.

    Explanations of the first two versions kept neither of the last.

    Attributes:
        command: that trained it.
        commit: of the source.
        steps: taken.
        configuration: digest of the run's, but for the seed.
        seed: of the training.
    """

    command: str
    commit: str | None
    steps: int
    configuration: str | None
    seed: int | None


class Explanation(Record):
    """Why a flow finds images of another set as likely as its own, or not.

    Attributes:
        provenance: command, commit, versions, machine.
        options: what was asked for; ``ood`` and ``train_mode`` are what it came to.
        subject: names the flow, its data and scale.
        recipe: of the run.
        trained: how the flow was; none for an imported one.
        device: that computed it.
        differences: how their intervals were found: ``bootstrapped``, or ``bounded`` by those of both sides, by a
            version that had no others.
        shown: indices of the images in the figures, by set.
        sets: the in-distribution test set and the other.
        between: what differs between them.
    """

    version: ClassVar[int | None] = 2
    migrations: ClassVar = {0: from_first_version, 1: without_seed}
    remedy: ClassVar[str] = "explain the run again"

    provenance: Provenance
    options: ExplainOptions
    subject: str
    recipe: str
    trained: Trained | None
    device: str
    differences: Literal["bootstrapped", "bounded"]
    shown: dict[str, tuple[int, ...]]
    sets: tuple[ExplainedSet, ExplainedSet]
    between: Between

    @property
    def inside(self) -> ExplainedSet:
        """The in-distribution test set."""
        return self.sets[0]

    @property
    def outside(self) -> ExplainedSet:
        """The other set."""
        return self.sets[1]

    @property
    def train_mode(self) -> bool:
        """Whether batch norm was looked at in train mode."""
        return bool(self.options.train_mode)


class Explanations(Record):
    """Explanations of several runs."""

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: lambda old: {"explanations": old}}

    explanations: tuple[Explanation, ...] = Field(min_length=1)
