"""Figures 3, 9 and 11: what coupling layers predict, and from what."""

from statistics import mean

from oodflow.paper.claims import Claim, Measured, Quantity, above, below, near
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments.latents import CELEBA, FASHION, GLOW
from oodflow.paper.found import Found, Missing
from oodflow.paper.quantities import explained, inside, outside
from oodflow.paper.study import Study

TWO = Study("masks-fashion-mnist-checkerboard", ("flow.couplings=2",), label="two-checkerboard-couplings")
THREE = Study(
    "masks-fashion-mnist-horizontal",
    ("flow.couplings=3",),
    # A half can be predicted from the other only by a network that sees as far; six blocks do, in 2,000 steps.
    at=(("cpu", ("flow.net.blocks=6", "training.steps=2000")),),
    label="three-horizontal-couplings",
)

WELL, POORLY, AS_WELL = 0.5, 0.5, -0.05
WHY_WELL = "R² of a half: as much of the pixels' variance is predicted as is not."
WHY_AS_WELL = "0.05 of R² worse still counts as equally accurate."


def _r2(study: Study, ood: str, layer: int, *, well: bool) -> list[Claim]:
    """State how well a coupling predicts what it changes, in- and out-of-distribution."""
    how, expected = ("well", above(WELL)) if well else ("poorly", below(POORLY))
    place = "4.1, Figure 3" if "checkerboard" in study.name else "4.2, Figures 3 and 11"
    return [
        Claim(
            f"{study.name}: coupling {layer + 1} predicts {how} what it changes of {which}", place,
            explained(study, ood, side(lambda one: one.couplings[layer].r2), "R²"), "R²", expected, digits=2,
            learned_nothing=explained(study.untrained, ood, side(lambda one: one.couplings[layer].r2), "R²"),
            why=WHY_WELL,
        )
        for which, side in (("its own images", inside), (ood, outside))
    ]  # fmt: skip


def r2_gain(study: Study, ood: str) -> Quantity:
    """R² of another set less that of a flow's own, mean over couplings; below -1 a prediction is useless, and -1.

    The interval of images is that of the differences without that bound, so it is no narrower.
    """

    def look(found: Found) -> Measured:
        values, widths = {}, []
        for seed, one in found.explanations(study, ood).items():
            pairs = zip(one.outside.couplings, one.inside.couplings, one.between.r2, strict=True)
            there = [(a.r2, b.r2, gap) for a, b, gap in pairs if a.r2 and b.r2 and gap]
            if not there:
                raise Missing("R² can't be measured on these images")
            values[seed] = mean(max(a.value, -1.0) - max(b.value, -1.0) for a, b, _ in there)
            widths.append(mean(min(gap.high - gap.low, 4.0) / 2 for *_, gap in there))
        return Measured(values=values, within=mean(widths))

    return look


def as_well(study: Study, ood: str, place: str) -> Claim:
    """State that couplings predict images of another set as accurately as their own."""
    return Claim(
        f"{study.name}: couplings predict {ood} as accurately as its own images", place,
        r2_gain(study, ood), "R² of the other less its own, mean over couplings", above(AS_WELL),
        why=WHY_AS_WELL, digits=2,
    )  # fmt: skip


def _reads(study: Study, ood: str, layer: int) -> list[Claim]:
    """State that a coupling reads what the one before it has written."""
    return [
        Claim(
            f"{study.name}: with what coupling {layer} wrote erased, coupling {layer + 1} predicts {which} worse",
            "4.2",
            explained(study, ood, side(lambda one: one.couplings[layer].r2_fall), "R²"), "fall of R²", above(0),
            digits=2,
        )
        for which, side in (("its own images", inside), (ood, outside))
    ]  # fmt: skip


def _hardly_changes(study: Study, ood: str) -> list[Claim]:
    """State that the first coupling does not transform its input significantly."""
    return [
        Claim(
            f"{study.name}: the first coupling scales {which} hardly at all", "4.2, Figure 3",
            explained(study, ood, side(lambda one: one.couplings[0].mean_log_scale), "s"), "mean s", near(0.0, 0.1),
            digits=2, why="0.1: by a tenth.",
        )
        for which, side in (("its own images", inside), (ood, outside))
    ]  # fmt: skip


def _flat(study: Study, ood: str) -> list[Claim]:
    return [
        Claim(
            f"{study.name}: the first coupling's log-scale is larger in flat parts than at edges of {which}", "4",
            explained(study, ood, side(lambda one: one.couplings[0].log_scale_edges), "s"),
            "correlation of s with edges", below(0), digits=2,
        )
        for which, side in (("its own images", inside), (ood, outside))
    ]  # fmt: skip


def _pictures(*pairs: tuple[Study, str]) -> tuple[Picture, ...]:
    caption = "what its couplings see, and the scales and shifts that they predict, of its own image and one of"
    return tuple(
        Picture(f"explain-{one.name}-{ood}", "couplings", f"{one.name}: {caption} {ood}.") for one, ood in pairs
    )


FIGURE_3 = Experiment(
    title="How couplings predict what they can't see",
    place="Figure 3",
    about="Two couplings with checkerboard masks predict a pixel from its neighbours, whatever the image is of. Of "
    "three with horizontal masks the first can't, and the second can: it reads what the first has written into the "
    "other half.",
    explained=((TWO, "mnist"), (THREE, "mnist")),
    explained_untrained=((TWO, "mnist"), (THREE, "mnist")),
    claims=(
        *_r2(TWO, "mnist", 0, well=True),
        *_r2(TWO, "mnist", 1, well=True),
        *_flat(TWO, "mnist"),
        as_well(TWO, "mnist", "4.1"),
        *_r2(THREE, "mnist", 0, well=False),
        *_r2(THREE, "mnist", 1, well=True),
        *_r2(THREE, "mnist", 2, well=True),
        *_hardly_changes(THREE, "mnist"),
        *_reads(THREE, "mnist", 1),
        *_reads(THREE, "mnist", 2),
    ),
    pictures=_pictures((TWO, "mnist"), (THREE, "mnist")),
)

_WHOLE = ((FASHION, "mnist"), (GLOW, "mnist"), (CELEBA, "svhn"))

FIGURE_9 = Experiment(
    title="Couplings of whole flows",
    place="Figure 9",
    about="The scales and shifts of whole flows show the shape of an image, of their own kind or another.",
    explained=_WHOLE,
    claims=(
        *(as_well(study, ood, "4, Figure 9") for study, ood in _WHOLE),
        *(claim for study, ood in _WHOLE for claim in _flat(study, ood)),
    ),
    pictures=_pictures(*_WHOLE),
)

FIGURE_11 = Experiment(
    title="Co-adaptation on more images",
    place="Figure 11",
    about="The three couplings with horizontal masks of Figure 3, asked about another set besides.",
    explained=((THREE, "mnist"), (THREE, "notmnist")),
    explained_untrained=((THREE, "notmnist"),),
    claims=(
        _r2(THREE, "notmnist", 0, well=False)[1],
        _r2(THREE, "notmnist", 1, well=True)[1],
        _reads(THREE, "notmnist", 1)[1],
    ),
    pictures=_pictures((THREE, "notmnist")),
)
