"""What the paper leaves open, asked with the same flows."""

from collections.abc import Callable
from math import log2

import numpy as np
from scipy.stats import spearmanr

from oodflow.explanation.record import Explanation
from oodflow.metrics import Estimate
from oodflow.paper.claims import Claim, Measured, Quantity, above, below, near
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments.baselines import CHANCE, FLOWS
from oodflow.paper.found import Found
from oodflow.paper.quantities import auroc, auroc_gain, bits_per_dim, explained, rise_in_bits
from oodflow.paper.study import Question, Study

CHECKERBOARD_GLOW = {
    data: Study(f"{data.replace('_', '-')}-glow", ("flow.mask=checkerboard",), label=f"{name}-glow-checkerboard")
    for data, name in (("fashion_mnist", "fashion-mnist"), ("cifar10", "cifar10"))
}
_OTHER = {"fashion_mnist": "mnist", "cifar10": "svhn"}


def _glow(data: str) -> list[Claim]:
    study, plain, ood = CHECKERBOARD_GLOW[data], FLOWS["glow", data], _OTHER[data]
    return [
        Claim(
            f"Glow with checkerboard masks, trained on {data}, finds {ood} likelier, too", "", auroc(study, ood),
            "AUROC, %", below(CHANCE), learned_nothing=auroc(study.untrained, ood),
        ),
        Claim(
            f"checkerboards make no difference to that ({data})", "", auroc_gain(study, plain, ood),
            "gain in AUROC over channel-wise masks, points, seed by seed", near(0.0, 5.0),
            why="5 points: what may lie between two flows of one kind.",
        ),
        Claim(
            f"with checkerboards Glow finds {data} itself likelier", "", rise_in_bits(study, plain),
            "difference in bits/dim, seed by seed", below(0.0), digits=3,
        ),
    ]  # fmt: skip


GLOW_MASKS = Experiment(
    title="Glow with checkerboard masks",
    place="",
    about="Users of the authors' code asked for it (its issue 4): the paper's Glow splits channels alone.",
    evaluated=(*CHECKERBOARD_GLOW.values(), *(FLOWS["glow", data] for data in CHECKERBOARD_GLOW)),
    untrained=tuple(CHECKERBOARD_GLOW.values()),
    claims=(*_glow("fashion_mnist"), *_glow("cifar10")),
    pictures=tuple(
        Picture(f"evaluate-{study.name}", "likelihoods", f"Glow with checkerboard masks, trained on {data}.")
        for data, study in CHECKERBOARD_GLOW.items()
    ),
)

TARFLOW = Study("fashion-mnist-tarflow", ood=("mnist", "notmnist"))
PUBLISHED_GLOW = 3.1408 - log2(256 / 255)
"""Bits/dim of the authors' Glow on the test part of FashionMNIST: what their notebook prints, less what their code adds
to each number."""

BETTER_LIKELIHOOD = Experiment(
    title="A better likelihood",
    place="",
    about="A transformer flow is likelier on FashionMNIST than the authors' Glow (its notebook has 3.14 bits/dim). Is "
    "it better at this, too?",
    evaluated=(TARFLOW, FLOWS["realnvp", "fashion_mnist"]),
    untrained=(TARFLOW,),
    claims=(
        Claim(
            "TarFlow is likelier on FashionMNIST than the published Glow", "", bits_per_dim(TARFLOW), "bits/dim",
            below(PUBLISHED_GLOW),
            PUBLISHED_GLOW, digits=3,
        ),
        Claim(
            "it finds MNIST likelier all the same", "", auroc(TARFLOW, "mnist"), "AUROC, %", below(CHANCE),
            learned_nothing=auroc(TARFLOW.untrained, "mnist"),
        ),
        Claim(
            "it is no better at telling MNIST than RealNVP", "",
            auroc_gain(TARFLOW, FLOWS["realnvp", "fashion_mnist"], "mnist"),
            "gain in AUROC, points, seed by seed", below(5.0),
            why="5 points: what may lie between two flows of one kind.",
        ),
        Claim(
            "nor notMNIST", "", auroc_gain(TARFLOW, FLOWS["realnvp", "fashion_mnist"], "notmnist"),
            "gain in AUROC, points, seed by seed", below(5.0),
        ),
    ),
    pictures=(Picture("evaluate-fashion-mnist-tarflow", "likelihoods", "TarFlow trained on FashionMNIST."),),
)  # fmt: skip

SIZE = "compressed-size"
_GREY, _COLOUR = "?shape=1x28x28", "?shape=3x32x32"
UNTUNED = {
    FLOWS["realnvp", data]: Question(
        "others", tuple(f"{name}{shape}" for name in names), scores=("likelihood", SIZE)
    )
    for data, shape, names in (
        ("fashion_mnist", _GREY, ("cifar10", "svhn", "celeba", "digits", "flat")),
        ("mnist", _GREY, ("cifar10", "svhn", "celeba", "digits", "flat")),
        ("cifar10", _COLOUR, ("fashion_mnist", "mnist", "photographs", "flat", "noise")),
        ("svhn", _COLOUR, ("fashion_mnist", "mnist", "photographs", "flat", "noise")),
    )
}  # fmt: skip


def _of_pairs(summary: Callable[[list[float], list[float]], float]) -> Quantity:
    """Sum up the AUROCs of likelihood and compressed size over all pairs, seed by seed."""

    def look(found: Found) -> Measured:
        pairs = [
            (
                auroc(study, ood, "likelihood", question)(found).values,
                auroc(study, ood, SIZE, question)(found).values,
            )
            for study, question in UNTUNED.items()
            for ood in question.ood
        ]
        seeds = set.intersection(*(set(likely) for likely, _ in pairs))
        return Measured(
            values={
                seed: summary([one[seed] for one, _ in pairs], [two[seed] for _, two in pairs])
                for seed in sorted(seeds)
            }
        )

    return look


def rank_correlation(likely: list[float], simple: list[float]) -> float:
    """Spearman's rank correlation.

    Example:
        >>> rank_correlation([1.0, 2.0, 5.0], [9.0, 4.0, 1.0])
        -1.0
    """
    return float(spearmanr(np.array(likely), np.array(simple)).statistic)


def opposed(likely: list[float], simple: list[float]) -> float:
    """Tell in how many per cent of the pairs just one of the two AUROCs is above chance.

    Example:
        >>> opposed([10.0, 90.0], [90.0, 80.0])
        50.0
    """
    return 100.0 * sum((a > CHANCE) != (b > CHANCE) for a, b in zip(likely, simple, strict=True)) / len(likely)


UNTUNED_PAIRS = Experiment(
    title="Pairs that nobody tuned to",
    place="",
    about="The paper says that simpler sets are likelier. Twenty pairs that no table of the field has, and how well "
    "their images compress, which asks no flow at all. What comes out is so of these pairs.",
    asked=tuple(UNTUNED.items()),
    claims=(
        Claim(
            "sets that compress better than a flow's own are likelier to it, the others less likely", "",
            _of_pairs(opposed), "pairs where just one of both AUROCs is above 50, %", above(80.0),
            why="Four of five: where a set compresses as well as a flow's own either may come out.",
        ),
        Claim(
            "the better sets compress, the likelier they are", "", _of_pairs(rank_correlation),
            "rank correlation of the AUROCs of likelihood and compressed size", below(-0.7), digits=2,
            why="Half of the variance of ranks.",
        ),
    ),
    pictures=tuple(Picture(f"evaluate-{study.name}-others", "likelihoods", f"{study.name}.") for study in UNTUNED),
)  # fmt: skip

LATENTS = ((FLOWS["realnvp", "fashion_mnist"], "mnist"), (FLOWS["realnvp", "fashion_mnist"], "notmnist"),
           (FLOWS["realnvp", "cifar10"], "svhn"), (FLOWS["realnvp", "celeba"], "svhn"))  # fmt: skip


def _part(study: Study, ood: str, name: str) -> Quantity:
    """The part of the gap between two sets that is called so, over all scales, in bits/dim: positive favours others."""

    def take(explanation: Explanation) -> Estimate | None:
        parts = [part.difference for part in explanation.between.gap if part.name.startswith(name)]
        if not parts:
            return None
        return Estimate(*(sum(getattr(part, end) for part in parts) for end in ("value", "low", "high")))

    return explained(study, ood, take, name)


def _taken_apart(study: Study, ood: str, *, told: bool) -> list[Claim]:
    how, expected = ("less likely", below(0.0)) if told else ("likelier", above(0.0))
    return [
        Claim(
            f"{study.name} finds the latents of {ood} {how} than those of its own images", "",
            _part(study, ood, "log p(z)"), "log p(z) of the other less its own, bits/dim", expected, digits=3,
        ),
        Claim(
            f"its log-determinants favour {ood}", "", _part(study, ood, "log-det"),
            "log-det of the other less its own, bits/dim", above(0.0), digits=3,
        ),
    ]  # fmt: skip


GREY_AND_COLOUR = Experiment(
    title="Why latents tell on grey pairs, and not on colour ones",
    place="",
    about="The likelihood of latents alone tells MNIST from FashionMNIST, but not SVHN from CIFAR-10 "
    "(results/latents). The gap between two sets, taken apart: on grey pairs the log-determinants of flat backgrounds "
    "make the other set likely, against the prior; on colour pairs both speak for it.",
    explained=LATENTS,
    claims=tuple(
        claim
        for study, ood in LATENTS
        for claim in _taken_apart(study, ood, told=study.recipe.startswith("fashion"))
    ),
)  # fmt: skip
