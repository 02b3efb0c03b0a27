"""Figures: numpy arrays in, matplotlib figures out; no torch, no pyplot, so they draw headless and in any thread."""

from oodflow.figures.contributions import Part, contribution_figure, gap_figure
from oodflow.figures.couplings import CouplingRow, Curve, coupling_figure, prediction_figure
from oodflow.figures.critical_difference import RankPanel, critical_difference_figure
from oodflow.figures.curves import Line, curve_figure
from oodflow.figures.grid import grid_array, image_grid
from oodflow.figures.heat_map import heat_map
from oodflow.figures.histogram import shared_range
from oodflow.figures.latents import latent_figure
from oodflow.figures.likelihoods import Row, likelihood_figure
from oodflow.figures.log_likelihoods import Panel, Sample, log_likelihood_figure
from oodflow.figures.mask_sheet import mask_figure, tinted
from oodflow.figures.pixels import image_bytes, map_bytes
from oodflow.figures.roc import RocCurve, roc_figure
from oodflow.figures.save import figure_bytes, save_figure
from oodflow.figures.sheet import Block, Scale, Strip, flat, sheet_figure

__all__ = [
    "Block", "CouplingRow", "Curve", "Line", "Panel", "Part", "RankPanel", "RocCurve", "Row", "Sample", "Scale",
    "Strip", "contribution_figure", "coupling_figure", "critical_difference_figure", "curve_figure", "figure_bytes",
    "flat", "gap_figure", "grid_array", "heat_map", "image_bytes", "image_grid", "latent_figure",
    "likelihood_figure", "log_likelihood_figure", "map_bytes", "mask_figure", "prediction_figure", "roc_figure",
    "save_figure", "shared_range", "sheet_figure", "tinted",
]  # fmt: skip
