"""Figures 2, 8 and 16: what the latents of a flow show of an image."""

from oodflow.explanation.record import ExplainedSet, Explanation
from oodflow.metrics import Estimate
from oodflow.paper.claims import Claim, above, below
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments.baselines import FLOWS, NAMES
from oodflow.paper.quantities import explained, inside, less, outside
from oodflow.paper.study import Study

# The published RealNVP has batch norms in its networks, those of the smaller scales do not.
_WITH_BATCH_NORM = ("flow.net=resnet", "flow.net.blocks=2", "training.steps=400")
BATCH_NORM = {
    data: Study(
        f"{data.replace('_', '-')}-realnvp",
        at=tuple((scale, _WITH_BATCH_NORM) for scale in ("cpu", "long")),
        label=f"{data.replace('_', '-')}-batch-norm",
    )
    for data in ("fashion_mnist", "celeba")
}

RISE = 0.05
MARGIN = "a quarter of the square's change less that of the rest, grey levels of 255"


def _mean_edges(data: ExplainedSet) -> Estimate | None:
    return data.edge_correlation["mean"]


def _edge_gain(data: ExplainedSet) -> Estimate | None:
    return data.edge_gain


def _shape(data: ExplainedSet) -> Estimate | None:
    return data.image_correlation["single"]


def _shape_in_train_mode(data: ExplainedSet) -> Estimate | None:
    return data.image_correlation["train_mode"]


def _more_shape_in_train_mode(explanation: Explanation) -> Estimate | None:
    return explanation.between.image_correlation_train_mode


def _train_mode_rise(data: ExplainedSet) -> Estimate | None:
    return data.train_mode_rise


def _margin(data: ExplainedSet) -> Estimate | None:
    return data.resampling.margin


def _edges(study: Study, ood: str) -> list[Claim]:
    name, data = study.name, study.recipe.rpartition("-")[0].replace("-", "_")
    claims = []
    for which, of, side in (("in-distribution", data, inside), ("other", ood, outside)):
        claims += [
            Claim(
                f"{name}: edges of {which} images ({of}) can be recognised in their mean latents", "3, Figures 2 and 8",
                explained(study, ood, side(_mean_edges), "edges"), "correlation of |z| with edges", above(0), digits=2,
                learned_nothing=explained(study.untrained, ood, side(_mean_edges), "edges"),
            ),
            Claim(
                f"{name}: they are clearer ({of}) in the mean over 40 dequantisations than in one",
                "3, Figures 2 and 8",
                explained(study, ood, side(_edge_gain), "edges"), "gain in correlation", above(0), digits=2,
                learned_nothing=explained(study.untrained, ood, side(_edge_gain), "edges"),
            ),
        ]  # fmt: skip
    return claims


def _train_mode(study: Study, ood: str) -> list[Claim]:
    name = study.name

    rises = [explained(study, ood, side(_train_mode_rise), "train mode") for side in (outside, inside)]
    return [
        Claim(
            f"{name}: in batch norm's train mode latents keep more of the shape of {ood} than of its own images",
            "3, Figures 2 and 8",
            explained(study, ood, _more_shape_in_train_mode, "train mode"),
            "correlation of z with the image, other less its own", above(0), digits=2,
        ),
        Claim(
            f"{name}: of its own images they keep no more than in eval mode", "3, Figures 2 and 8",
            less(*(explained(study, ood, inside(of), "train mode") for of in (_shape_in_train_mode, _shape))),
            "correlation of z with the image, train less eval mode", below(0.0), digits=2,
        ),
        Claim(
            f"{name}: in train mode {ood} becomes less likely, far more than its own images", "3",
            less(*rises), "rise in bits/dim, other less its own", above(RISE), digits=2,
            why="0.05 bits/dim: less than that is hardly to be seen in a histogram.",
        ),
    ]  # fmt: skip


def _surround(study: Study, ood: str) -> list[Claim]:
    where = "M.1, Figure 16"
    return [
        Claim(
            f"{study.name}: with the latents of a square drawn anew, the rest of {which} stays as it was", where,
            explained(study, ood, side(_margin), "resampling"), MARGIN, above(0),
            learned_nothing=explained(study.untrained, ood, side(_margin), "resampling"),
            why="The rest may change by a quarter of what the square does.",
        )
        for which, side in (("its own images", inside), (f"images of {ood}", outside))
    ]  # fmt: skip


FASHION, GLOW = FLOWS["realnvp", "fashion_mnist"], FLOWS["glow", "fashion_mnist"]
CELEBA = FLOWS["realnvp", "celeba"]
_FIGURE_2 = ((FASHION, "mnist"), (CELEBA, "svhn"))
_TRAIN_MODE = ((BATCH_NORM["fashion_mnist"], "mnist"), (BATCH_NORM["celeba"], "svhn"))


def _pictures(pairs: tuple[tuple[Study, str], ...], name: str, what: str) -> tuple[Picture, ...]:
    return tuple(Picture(f"explain-{study.name}-{ood}", name, f"{study.name}: {what} {ood}.") for study, ood in pairs)


FIGURE_2 = Experiment(
    title="Latents show the image",
    place="Figure 2",
    about="Images and their latents: of one dequantisation, averaged over 40, and with batch norm in train mode. The "
    "flow keeps what an image looks like, not what it is of.",
    explained=(*_FIGURE_2, *_TRAIN_MODE),
    explained_untrained=_FIGURE_2,
    claims=(
        *(claim for pair in _FIGURE_2 for claim in _edges(*pair)),
        *(claim for pair in _TRAIN_MODE for claim in _train_mode(*pair)),
    ),
    pictures=_pictures((*_FIGURE_2, *_TRAIN_MODE), "latents", "latents of its own images and of"),
)

FIGURE_8 = Experiment(
    title="Latents of Glow, and more of RealNVP",
    place="Figure 8",
    about=f"The same of {NAMES['glow']}.",
    explained=((GLOW, "mnist"), *_FIGURE_2),
    explained_untrained=((GLOW, "mnist"),),
    claims=tuple(_edges(GLOW, "mnist")),
    pictures=_pictures(((GLOW, "mnist"),), "latents", "latents of its own images and of"),
)

FIGURE_16 = Experiment(
    title="Latents drawn anew",
    place="Figure 16",
    about="The latents of a square in the middle are drawn anew: what was not drawn stays. That faces appear in the "
    "square is for the eye; nothing here measures it.",
    explained=((CELEBA, "svhn"), (CELEBA, "cifar10")),
    explained_untrained=((CELEBA, "svhn"), (CELEBA, "cifar10")),
    claims=(*_surround(CELEBA, "svhn"), _surround(CELEBA, "cifar10")[1]),
    pictures=_pictures(((CELEBA, "svhn"), (CELEBA, "cifar10")), "resampling", "a square drawn anew, of its own and"),
)
