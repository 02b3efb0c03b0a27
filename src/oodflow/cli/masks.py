"""``oodflow masks``."""

from argparse import Namespace

from oodflow.experiments.masks import draw_masks
from oodflow.figures import save_figure


def run(arguments: Namespace) -> None:
    """Draw every mask into one picture."""
    save_figure(draw_masks(), arguments.out)
    print(f"Wrote {arguments.out}")
