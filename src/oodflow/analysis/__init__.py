"""Why a flow finds an image likely: arrays to draw and quantities to test, no plotting.

>>> import numpy as np
>>> from oodflow.flows import RealNVPConfig
>>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8)).eval()
>>> images = np.random.default_rng(0).integers(0, 256, (4, 1, 8, 8), dtype=np.uint8)
>>> layers = measure_couplings(flow, images)
>>> len(layers), layers[0].r2.value < 1
(10, True)
"""

from oodflow.analysis.contributions import Contributions, GapPart, contribution_maps, contributions, gap
from oodflow.analysis.couplings import CouplingMeasures, CouplingPictures, coupling_pictures, measure_couplings, r2_of
from oodflow.analysis.edges import correlation, edge_correlation, edge_map, shape_correlation
from oodflow.analysis.latents import in_train_mode, latents, require_batch_norm
from oodflow.analysis.resampling import Change, centre_square, change, resample
from oodflow.analysis.walk import Place, Visit, Walk

__all__ = [
    "Change", "Contributions", "CouplingMeasures", "CouplingPictures", "GapPart", "Place", "Visit", "Walk",
    "centre_square", "change", "contribution_maps", "contributions", "correlation", "coupling_pictures",
    "edge_correlation", "edge_map", "gap", "in_train_mode", "latents", "measure_couplings", "r2_of",
    "require_batch_norm", "resample", "shape_correlation",
]  # fmt: skip
