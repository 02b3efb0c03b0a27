"""Figures 7 and 12: squeezing and masks, checked on the masks themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as functional
from torch import Tensor

from oodflow.bijections import MASKS, Squeeze
from oodflow.figures import save_figure
from oodflow.paper.claims import Claim, Measured, Quantity, near
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.found import Found
from oodflow.paper.lab import Lab
from oodflow.paper.mask_drawing import draw_masks
from oodflow.paper.nodes import Product
from oodflow.records import Record
from oodflow.runs.provenance import Provenance, provenance

SIZE = 8
_NEIGHBOURS = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])[None, None]


class MaskFacts(Record):
    """What is so of masks and the squeeze, on an image of ``SIZE`` pixels a side.

    Attributes:
        provenance: command, commit, versions, machine.
        squeezed: largest difference between the channels of a squeezed image and each second pixel of it.
        neighbours: by mask, what share of the pixels that a coupling changes have a neighbour that it sees.
        couplings_until_back: by mask, how many couplings later what was written into a part can reach that part.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    squeezed: float
    neighbours: dict[str, float]
    couplings_until_back: dict[str, int]


def squeezed_apart(image: Tensor) -> float:
    """Compare the four channels that a squeeze makes of ``image [1, 1, H, W]`` with each second row and column."""
    channels, _ = Squeeze()(image)
    parts = [image[0, 0, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    return float((channels[0] - torch.stack(parts)).abs().max())


def seen_beside(mask: str, size: int = SIZE) -> float:
    """Tell what share of the pixels that the first coupling changes have one of their four neighbours in its view."""
    one = MASKS[mask]((1, size, size), 0)
    beside = functional.conv2d(one.condition[None].float(), _NEIGHBOURS, padding=1) > 0
    changed = one.transform[None]
    return float((beside & changed).sum() / changed.sum())


def couplings_until_back(mask: str, size: int = SIZE) -> int:
    """Count the couplings from one that changes a pixel to the next in which that pixel depends on what was written.

    Each coupling lets every pixel that it changes depend on all that it sees: what was written into the parts that the
    first one changes is followed until it comes back to one of them.
    """
    first = MASKS[mask]((1, size, size), 0).transform
    carrying = first.clone()
    for turn in range(1, 17):
        one = MASKS[mask]((1, size, size), turn)
        if bool((one.condition & carrying).any()):
            if bool((one.transform & first).any()):
                return turn
            carrying |= one.transform
    raise AssertionError(f"what {mask} masks write never comes back")


@dataclass(frozen=True)
class Masks(Product):
    """Draw the masks, and check them."""

    kind = "masks"
    name = "masks"
    record = MaskFacts

    def command(self, lab: Lab) -> str:
        """``oodflow masks``."""
        return lab.command("masks", "--out", str(lab.figures / "masks.png"))

    def run(self, lab: Lab) -> None:
        """Draw and check."""
        lab.figures.mkdir(parents=True, exist_ok=True)
        save_figure(draw_masks(), lab.figures / "masks.png")
        image = torch.rand(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
        of_pixels = ("checkerboard", "horizontal", "cycle")
        MaskFacts(
            provenance=provenance(self.command(lab)),
            squeezed=squeezed_apart(image),
            neighbours={mask: seen_beside(mask) for mask in of_pixels},
            couplings_until_back={mask: couplings_until_back(mask) for mask in ("horizontal", "cycle")},
        ).write(self.file(lab))


MASK_FACTS = Masks()


def _fact(take: Callable[[MaskFacts], float]) -> Quantity:
    def look(found: Found) -> Measured:
        return Measured(values={0: take(found.records({0: MASK_FACTS})[0])}, exact=True)

    return look


FIGURE_7 = Experiment(
    title="Squeezing and masks",
    place="Figure 7",
    about="What couplings see and change: checkerboards, halves of the channels after a squeeze, halves of the image.",
    others=(MASK_FACTS,),
    claims=(
        Claim(
            "each channel of a squeezed image is a subsampled version of it", "Figure 7",
            _fact(lambda facts: facts.squeezed), "largest difference", near(0.0, 0.0),
        ),
        Claim(
            "a checkerboard shows each pixel that it hides neighbours of it", "4.1",
            _fact(lambda facts: 100 * facts.neighbours["checkerboard"]), "pixels with a neighbour in view, %",
            near(100.0, 0.0),
        ),
        Claim(
            "a horizontal mask hides the neighbours of all pixels but those at its edge", "K",
            _fact(lambda facts: 100 * facts.neighbours["horizontal"]), "pixels with a neighbour in view, %",
            near(100.0 / (SIZE / 2), 0.0), why="One row of a half of eight has its neighbours in the other half.",
        ),
    ),
    pictures=(Picture("masks", "", "Blue: seen; red: changed; each row a sequence of masks."),),
)  # fmt: skip

FIGURE_12 = Experiment(
    title="The cycle mask",
    place="Figure 12",
    about="Each coupling changes one quadrant by the one before it in the cycle.",
    others=(MASK_FACTS,),
    claims=(
        Claim(
            "with cycle masks what was written into a quadrant comes back to it four couplings later", "L.1, Figure 12",
            _fact(lambda facts: facts.couplings_until_back["cycle"]), "couplings", near(4.0, 0.0), 4.0,
        ),
        Claim(
            "the cycle mask hides the neighbours of all pixels but those at an edge of the quadrant", "L.1",
            _fact(lambda facts: 100 * facts.neighbours["cycle"]), "pixels with a neighbour in view, %",
            near(100.0 / (SIZE / 2), 0.0), why="One row or column of a quadrant of four by four lies at its edge.",
        ),
        Claim(
            "with horizontal masks it comes back two couplings later", "4.2",
            _fact(lambda facts: facts.couplings_until_back["horizontal"]), "couplings", near(2.0, 0.0),
        ),
    ),
    pictures=(Picture("masks", "", "Blue: seen; red: changed; each row a sequence of masks."),),
)  # fmt: skip
