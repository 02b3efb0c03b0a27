"""Figure 4 and Proposition 1: the value of the likelihood does not say what is out of distribution."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oodflow.figures import save_figure
from oodflow.figures.densities import DensityPanel, density_figure
from oodflow.flows import Flow
from oodflow.metrics import auroc
from oodflow.paper.claims import Claim, Measured, Quantity, above, below, near
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.found import Found
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Product
from oodflow.recipes.scales import Scale, tabular_training
from oodflow.records import Record
from oodflow.runs.provenance import Provenance, provenance
from oodflow.session.fit import fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

POINTS, OUTSIDE, DRAWN = 2000, 40, 20_000
STEPS = {"smoke": 4, "cpu": 1500, "long": 1500, "paper": 1500}
DENSITY = 1000.0
"""What the proposition's density is to reach on all out-of-distribution points; the flow's is below 1 on its own."""
SHARE, SPREAD = 0.01, 0.002
"""Of the mixture: how much of its mass is about the out-of-distribution points, and how far from them."""


def arc(count: int, start: float, end: float, *, seed: int) -> Floats:
    """Draw points about a part of the unit circle, from one angle to another, ``[count, 2]``."""
    generator = np.random.default_rng(seed)
    angles, radii = generator.uniform(start, end, count), generator.normal(1.0, 0.05, count)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


class Demonstration(Record):
    """Three densities on the plane: a flow's, the proposition's, and a mixture; log-likelihoods are means in nats.

    Attributes:
        provenance: command, commit, versions, machine.
        scale: of the training.
        trained: by density, of what the flow was trained on.
        test: by density, of held-out points; the proposition's has no mass there.
        auroc: by density, per cent, of test points against out-of-distribution ones; of the proposition's, points
            trained on in place of test points.
        least: the proposition's density at the out-of-distribution point where it is least.
        mass: of the proposition's density in all, where its balls about points are counted by Monte Carlo.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    scale: Scale
    trained: dict[str, float]
    test: dict[str, float]
    auroc: dict[str, float]
    least: float
    mass: float


@dataclass(frozen=True)
class Proposition:
    """The density that the proof of Proposition 1 constructs, equation 5.

    Args:
        flow: its density :math:`p`.
        trained_on: the points where it is kept.
        outside: the points where it is to be at least ``least``.
        least: :math:`c`.
        seed: of the points by which the mass about ``trained_on`` is measured.
    """

    flow: Flow
    trained_on: Floats
    outside: Floats
    least: float
    seed: int

    def radii(self) -> tuple[float, float, float]:
        r"""Find :math:`r_0`, :math:`\hat r` and :math:`P(\mathcal S(r_0))`.

        The balls of the first about what was trained on hold at most half of the mass; those of the second about the
        out-of-distribution points have the volume :math:`1/2c` in all.
        """
        drawn = self.flow.sample(DRAWN, seed=self.seed).double().numpy()
        nearest = _distance(drawn, self.trained_on)
        kept = 1.0
        radius = 0.05
        while kept > 0.5:
            radius /= 2
            kept = float(np.mean(nearest < radius))
        return radius, (1 / (2 * self.least * len(self.outside) * pi)) ** 0.5, kept

    def mass(self) -> float:
        """Measure its mass with other draws than those that it was made with.

        What is kept is the share of draws near what was trained on; what was moved is height times the area of the
        balls' union, of which overlapping balls would have less than the sum.
        """
        radius, other, kept = self.radii()
        drawn = self.flow.sample(DRAWN, seed=self.seed + 1).double().numpy()
        still = float(np.mean(_distance(drawn, self.trained_on) < radius))
        generator = np.random.default_rng(self.seed)
        centres = self.outside[generator.integers(len(self.outside), size=DRAWN)]
        around = centres + generator.uniform(-other, other, centres.shape)
        often = cKDTree(self.outside).query_ball_point(around, other, p=np.inf, return_length=True)
        area = len(self.outside) * (2 * other) ** 2 * float(np.mean((_distance(around, self.outside) < other) / often))
        apart = _distance(self.outside, self.trained_on).min() >= radius + other
        return still + area * 2 * self.least * (1 - kept) if apart else float("nan")

    def log_prob(self, points: Floats) -> Floats:
        """Log-density of points, ``[N]``; minus infinity where there is none."""
        radius, other, kept = self.radii()
        result = np.full(len(points), -np.inf)
        near_own, near_others = _distance(points, self.trained_on) < radius, _distance(points, self.outside) < other
        result[near_others] = np.log(2 * self.least * (1 - kept))
        result[near_own] = log_prob(self.flow, points[near_own])
        return result


def mixture_log_prob(flow: Flow, points: Floats, outside: Floats) -> Floats:
    r"""Log-density of :math:`(1 - \epsilon)\,p + \epsilon \cdot \text{mean}_j\, N(x_j, \sigma^2 I)`."""
    squares = ((points[:, None] - outside[None]) ** 2).sum(-1)
    bumps = -squares / (2 * SPREAD**2) - np.log(2 * pi * SPREAD**2) - np.log(len(outside))
    about = np.logaddexp.reduce(bumps, axis=1)
    return np.asarray(np.logaddexp(np.log1p(-SHARE) + log_prob(flow, points), np.log(SHARE) + about))


def log_prob(flow: Flow, points: Floats) -> Floats:
    """Log-density of a flow, ``[N]``."""
    if not len(points):
        return np.zeros(0)
    with torch.inference_mode():
        values = flow.log_prob(torch.from_numpy(points).float())
    return np.asarray(values, np.float64)


def _distance(points: Floats, others: Floats) -> Floats:
    return np.asarray(cKDTree(others).query(points)[0], np.float64)


@dataclass(frozen=True)
class OnThePlane(Product):
    """Train a flow on an arc, and make the other densities of it."""

    of_seed: int
    kind = "demonstrate"
    record = Demonstration

    @property
    def name(self) -> str:
        """``demonstrate-objective-SEED``."""
        return f"demonstrate-objective-{self.of_seed}"

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.of_seed

    def command(self, lab: Lab) -> str:
        """There is no other command that does it."""
        return lab.reproduce("prop1", "--only", self.name)

    def answers(self, record: Any, lab: Lab) -> bool:
        """Tell whether it is of a training as long as this scale's."""
        return bool(record.scale == lab.scale)

    def run(self, lab: Lab) -> None:
        """Train, measure and draw."""
        seed, made = self.of_seed, provenance(self.command(lab))
        trained_on, test = (arc(POINTS, 0.0, pi, seed=one) for one in (2 * seed, 2 * seed + 1))
        outside = _apart(seed)
        flow = fit(
            "tabular", trained_on.astype(np.float32), training=tabular_training(STEPS[lab.scale]), seed=seed, width=64,
            progress=False, device="cpu",
        )  # fmt: skip
        proposition = Proposition(flow, trained_on, outside, DENSITY, seed)
        densities: dict[str, Density] = {
            "flow": partial(log_prob, flow),
            "proposition": proposition.log_prob,
            "mixture": partial(mixture_log_prob, flow, outside=outside),
        }
        if f"{self.name}-densities.png" in lab.pictures:
            lab.figures.mkdir(parents=True, exist_ok=True)
            save_figure(_figure(densities, trained_on, outside), lab.figures / f"{self.name}-densities.png")
        Demonstration(
            provenance=made,
            scale=lab.scale,
            trained={name: float(density(trained_on).mean()) for name, density in densities.items()},
            test={name: float(densities[name](test).mean()) for name in ("flow", "mixture")},
            auroc={
                name: 100 * auroc(-density(trained_on if name == "proposition" else test), -density(outside))
                for name, density in densities.items()
            },
            least=float(np.exp(proposition.log_prob(outside).min())),
            mass=proposition.mass(),
        ).write(self.file(lab))


Density = Callable[[Floats], Floats]


def _apart(seed: int) -> Floats:
    """Place the out-of-distribution points on the rest of the circle, where no two are close."""
    angles = np.linspace(pi + 0.4, 2 * pi - 0.4, OUTSIDE)
    radii = np.random.default_rng((seed, OUTSIDE)).normal(1.0, 0.05, OUTSIDE)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


def _figure(densities: dict[str, Density], trained_on: Floats, outside: Floats) -> "Figure":
    ticks = np.linspace(-1.6, 1.6, GRID)
    points = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    panels = [
        DensityPanel(f"{name}: {float(density(trained_on).mean()):.2f} nats", density(points).reshape(GRID, GRID))
        for name, density in densities.items()
    ]
    title = "Three densities, as likely where they were trained: above each, the mean there"
    return density_figure(panels, trained_on[:200], outside, extent=1.6, title=title)


GRID = 321


def _found(take: Callable[[Demonstration], float]) -> Quantity:
    def look(found: Found) -> Measured:
        records = found.records({seed: OnThePlane(seed) for seed in found.seeds})
        return Measured(values={seed: take(one) for seed, one in records.items()})

    return look


_PICTURE = Picture("demonstrate-objective", "densities", "Log-density; dots: trained on; crosses: the other half.")

FIGURE_4 = Experiment(
    title="Two densities of one likelihood",
    place="Figure 4",
    about="In the plane a flow is trained on one half of a circle and asked about the other. Mixed with a hundredth of "
    "another density it is as likely as before on its own points, and finds all others likelier.",
    each=(OnThePlane,),
    claims=(
        Claim(
            "the flow tells points of the other half from its own", "",
            _found(lambda one: one.auroc["flow"]), "AUROC, %", above(90.0),
            why="So that there is something to lose.",
        ),
        Claim(
            "the mixture is as likely on held-out points", "C",
            _found(lambda one: one.test["flow"] - one.test["mixture"]),
            "loss, nats a point", near(0.0, 0.02), digits=3,
            why="Twice what a hundredth of the mass is worth: -log(1 - 0.01).",
        ),
        Claim(
            "yet it finds the other half likelier", "C, Figure 4", _found(lambda one: one.auroc["mixture"]),
            "AUROC, %", below(50.0),
        ),
    ),
    pictures=(_PICTURE,),
)  # fmt: skip

PROPOSITION_1 = Experiment(
    title="Any density on other points",
    place="Proposition 1",
    about=f"The construction of the proof, carried out for a trained flow with c = {DENSITY:,.0f}.",
    each=(OnThePlane,),
    claims=(
        Claim(
            "p' equals p on what was trained on", "C, Proposition 1",
            _found(lambda one: one.trained["flow"] - one.trained["proposition"]), "loss, nats a point", near(0.0, 1e-6),
            digits=6,
        ),
        Claim(
            "p' is at least c on all out-of-distribution points", "C, Proposition 1", _found(lambda one: one.least),
            "least density", above(DENSITY),
        ),
        Claim(
            "it integrates to one", "C, Proposition 1", _found(lambda one: one.mass), "mass", near(1.0, 0.02), digits=3,
            why="What is kept is counted with other draws than those that made it; a hundredth is chance.",
        ),
        Claim(
            "every out-of-distribution point is likelier than any that was trained on", "C",
            _found(lambda one: one.auroc["proposition"]), "AUROC, %", below(1.0),
        ),
    ),
    pictures=(_PICTURE,),
)  # fmt: skip
