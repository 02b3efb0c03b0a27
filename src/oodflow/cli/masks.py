"""``oodflow masks``."""

from argparse import Namespace

from oodflow.figures import save_figure
from oodflow.paper.mask_drawing import draw_masks


def run(arguments: Namespace) -> None:
    """Draw every mask into one picture."""
    save_figure(draw_masks(), arguments.out)
    print(f"Wrote {arguments.out}")
