"""Figures: numpy arrays in, matplotlib figures out; no torch, no pyplot, so they draw headless and in any thread."""

from oodflow.figures.curves import Line, curve_figure
from oodflow.figures.grid import grid_array, image_grid
from oodflow.figures.likelihoods import Row, likelihood_figure
from oodflow.figures.masks import mask_figure
from oodflow.figures.save import save_figure

__all__ = [
    "Line", "Row", "curve_figure", "grid_array", "image_grid", "likelihood_figure", "mask_figure", "save_figure",
]  # fmt: skip
