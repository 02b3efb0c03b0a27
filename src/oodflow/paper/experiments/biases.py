"""Figures 10, 13 and 14: other masks, and networks with a bottleneck."""

from oodflow.paper.claims import Claim, above, below, near
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments.couplings import WHY_AS_WELL, r2_gain
from oodflow.paper.quantities import auroc_gain, rise_in_bits, rise_to
from oodflow.paper.study import Study

OTHER = {"fashion-mnist": "mnist", "celeba": "svhn"}
MASKS = {
    (data, mask): Study(f"masks-{data}-{mask}") for data in OTHER for mask in ("checkerboard", "horizontal", "cycle")
}
WIDTHS = {"fashion-mnist": ("none", "100", "50", "10"), "celeba": ("none", "150", "80", "30")}
BOTTLENECKS = {
    (data, width): Study(f"bottleneck-{data}-{width}") for data, widths in WIDTHS.items() for width in widths
}
MEAN = "mean bits/dim of the other less its own"


def _prefers(study: Study, data: str, what: str, place: str, *, other: bool) -> Claim:
    ood = OTHER[data]
    says = f"{what} finds {ood} {'likelier' if other else 'less likely'} than {data} on average"
    expected = below(0.0) if other else above(0.0)
    return Claim(
        says, place, rise_to(study, ood), MEAN, expected, learned_nothing=rise_to(study.untrained, ood), digits=3
    )


def _better(one: Study, two: Study, data: str, says: str, place: str) -> Claim:
    ood = OTHER[data]
    return Claim(says, place, auroc_gain(one, two, ood), "gain in AUROC, points", above(0))


def _masks(data: str) -> list[Claim]:
    board, halves, cycle = (MASKS[data, mask] for mask in ("checkerboard", "horizontal", "cycle"))
    place = "K, L.1, Figure 13"
    return [
        _prefers(board, data, f"with checkerboard masks a flow trained on {data}", place, other=True),
        _prefers(halves, data, f"with horizontal masks a flow trained on {data}", place, other=True),
        _better(halves, board, data, f"horizontal masks rank {data} better than checkerboards do", place),
        _prefers(cycle, data, f"with cycle masks a flow trained on {data}", place, other=data == "celeba"),
        _better(cycle, board, data, f"cycle masks rank {data} better than checkerboards do", place),
    ]


def _bottleneck(data: str, width: str) -> str:
    return f"a flow trained on {data} " + ("without a bottleneck" if width == "none" else f"with one of {width}")


FASHION, FACES = "fashion-mnist", "celeba"
_PLACE = "K, L.2, Figures 10 and 14"

FIGURE_13 = Experiment(
    title="Masks",
    place="Figure 13",
    about="Eight couplings of one size, with three sequences of masks. The farther a coupling must look, the better "
    "its own data rank.",
    evaluated=tuple(MASKS.values()),
    untrained=tuple(MASKS.values()),
    claims=(*_masks(FASHION), *_masks(FACES)),
    pictures=tuple(
        Picture(f"evaluate-{study.name}", name, f"{mask} masks, trained on {data}.")
        for (data, mask), study in MASKS.items() for name in ("likelihoods", "samples")
    ),
)  # fmt: skip

FIGURE_10 = Experiment(
    title="Networks with a bottleneck",
    place="Figure 10",
    about="A pair of narrow layers in the middle of each network, on FashionMNIST. What a network can't pass on it "
    "can't use to predict pixels.",
    evaluated=tuple(BOTTLENECKS[FASHION, width] for width in ("none", "100", "50")),
    untrained=tuple(BOTTLENECKS[FASHION, width] for width in ("none", "100", "50")),
    claims=(
        _prefers(BOTTLENECKS[FASHION, "none"], FASHION, _bottleneck(FASHION, "none"), "Figure 10", other=True),
        _prefers(BOTTLENECKS[FASHION, "100"], FASHION, _bottleneck(FASHION, "100"), "Figure 10", other=False),
        _prefers(BOTTLENECKS[FASHION, "50"], FASHION, _bottleneck(FASHION, "50"), "Figure 10", other=False),
        _better(
            BOTTLENECKS[FASHION, "50"], BOTTLENECKS[FASHION, "100"], FASHION,
            "a bottleneck of 50 ranks fashion-mnist better than one of 100", "K, Figure 10",
        ),
        Claim(
            "with a bottleneck of 50 MNIST is less likely than with one of 100", "K",
            rise_in_bits(BOTTLENECKS[FASHION, "50"], BOTTLENECKS[FASHION, "100"], "mnist"),
            "difference in bits/dim of MNIST", above(0.0), digits=3,
        ),
        _better(
            BOTTLENECKS[FASHION, "100"], BOTTLENECKS[FASHION, "none"], FASHION,
            "a bottleneck of 100 ranks fashion-mnist better than none", "K, Figure 10",
        ),
        Claim(
            "with a bottleneck of 50 FashionMNIST is as likely as with one of 100", "K",
            rise_in_bits(BOTTLENECKS[FASHION, "50"], BOTTLENECKS[FASHION, "100"]),
            "difference in bits/dim, seed by seed", near(0.0, 0.1), digits=3,
            why="0.1 bits/dim: a tenth of what lies between the means of FashionMNIST and MNIST.",
        ),
    ),
    pictures=tuple(
        Picture(f"evaluate-bottleneck-{FASHION}-{width}", "likelihoods", f"{_bottleneck(FASHION, width)}.".capitalize())
        for width in ("none", "100", "50")
    ),
)  # fmt: skip

FIGURE_14 = Experiment(
    title="Narrower bottlenecks, and faces",
    place="Figure 14",
    about="The same on CelebA, with samples, and the couplings of the narrowest of FashionMNIST.",
    evaluated=tuple(BOTTLENECKS.values()),
    explained=((BOTTLENECKS[FASHION, "10"], "mnist"),),
    untrained=(BOTTLENECKS[FACES, "30"], BOTTLENECKS[FASHION, "10"]),
    claims=(
        *(
            _better(
                BOTTLENECKS[FACES, narrow], BOTTLENECKS[FACES, wide], FACES,
                f"{_bottleneck(FACES, narrow)} ranks celeba better than {_bottleneck(FACES, wide)}", _PLACE,
            )
            for wide, narrow in (("none", "150"), ("150", "80"), ("80", "30"))
        ),
        _prefers(BOTTLENECKS[FACES, "30"], FACES, _bottleneck(FACES, "30"), _PLACE, other=True),
        _prefers(BOTTLENECKS[FASHION, "10"], FASHION, _bottleneck(FASHION, "10"), _PLACE, other=False),
        Claim(
            "with a bottleneck of 10 couplings predict MNIST less accurately than FashionMNIST", "L.2, Figure 14",
            r2_gain(BOTTLENECKS[FASHION, "10"], "mnist"),
            "R² of MNIST less that of FashionMNIST, mean over couplings", below(-0.05), digits=2,
            why=WHY_AS_WELL,
        ),
    ),
    pictures=(
        *(
            Picture(f"evaluate-{study.name}", name, f"{_bottleneck(data, width)}.".capitalize())
            for (data, width), study in BOTTLENECKS.items() for name in ("likelihoods", "samples")
            if (data, name) != (FASHION, "likelihoods")
        ),
        Picture(f"explain-bottleneck-{FASHION}-10-mnist", "couplings", "Couplings with a bottleneck of 10."),
    ),
)  # fmt: skip
