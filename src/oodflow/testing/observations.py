"""Small flows that were trained, with data that they know and data that they can't, for contracts to be tested on."""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch

from oodflow.data import DataSet, ImageSet, RealSet
from oodflow.flows import Flow, FlowConfig, GlowConfig, TabularConfig
from oodflow.nets import ConvNetConfig, ResNetConfig
from oodflow.statistics import Observation
from oodflow.training import seeded

Kind = Literal["grey", "colour", "vectors"]
SHAPES: dict[Kind, tuple[int, ...]] = {"grey": (1, 12, 8), "colour": (3, 8, 4), "vectors": (6,)}
"""Never square, so that a swapped axis shows."""

SIZES = {"train": 128, "reference": 64, "test": 32, "outliers": 32}
_STEPS = 40
_CONFIGS: dict[Kind, FlowConfig] = {
    "grey": GlowConfig(scales=2, steps=1, width=8, net=ConvNetConfig()),
    "colour": GlowConfig(scales=2, steps=1, width=8, net=ResNetConfig(blocks=1)),  # with batch norm
    "vectors": TabularConfig(couplings=2, width=8),
}


def example(part: str = "test", kind: Kind = "grey", **settings: Any) -> Observation:
    """Observe a part of the example data under the flow that was trained on it.

    Args:
        part: ``train``, ``reference`` (held out), ``test``, or ``outliers``: images that are all black, or vectors far
            away, which no score can take for the training data: the flow finds them improbable, they compress to
            nothing, and are as far as can be from what is typical.
        kind: of data.
        settings: further arguments of :class:`~oodflow.statistics.Observation`.

    Example:
        >>> from oodflow.statistics import LogProb
        >>> bool(example("outliers")[LogProb()].max() < example("test")[LogProb()].min())
        True
    """
    return Observation(example_flow(kind), example_data(part, kind), **settings)


def example_data(part: str, kind: Kind) -> DataSet:
    """Draw mid-grey noise, or normal vectors; or what lies far from it."""
    rng = np.random.default_rng([*part.encode()])
    shape = (SIZES[part], *SHAPES[kind])
    if kind == "vectors":
        return RealSet.from_array(rng.normal(40.0 if part == "outliers" else 0.0, 1.0, shape), part)
    dark = np.zeros(shape, np.uint8)
    return ImageSet.from_array(dark if part == "outliers" else rng.integers(96, 160, shape, dtype=np.uint8), part)


@lru_cache
def example_flow(kind: Kind) -> Flow:
    """Build a flow and train it for a moment; always the same, and to be left as it is."""
    with seeded(0):
        flow = _CONFIGS[kind].build(SHAPES[kind])
    data = torch.from_numpy(example_data("train", kind).batch(slice(None)))
    generator = torch.Generator().manual_seed(0)
    flow.initialise(data, noise=torch.rand(data.shape, generator=generator))
    optimiser = torch.optim.Adam(flow.parameters(), lr=3e-3)
    for _ in range(_STEPS):
        optimiser.zero_grad()
        (-flow.log_prob(data, seed=generator).mean()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return flow.eval().requires_grad_(False)


def select(data: DataSet, rows: Any) -> DataSet:
    """Take some rows of a data set, in any order."""
    make = ImageSet if isinstance(data, ImageSet) else RealSet
    return make.from_array(data.batch(rows), data.name)
