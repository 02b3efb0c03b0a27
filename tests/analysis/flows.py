"""Flows to analyse."""

import torch

from oodflow.bijections import MASKS
from oodflow.flows import GlowConfig, RealNVPConfig, SingleScaleConfig
from oodflow.nets import ResNetConfig
from oodflow.testing.modules import randomise

STILL = ResNetConfig(blocks=1, zero_init=True)
CONFIGS = {
    "realnvp, 1 scale": ((1, 8, 12), RealNVPConfig(scales=1, width=2, net=STILL)),
    "realnvp, 2 scales": ((1, 8, 12), RealNVPConfig(scales=2, width=2, net=STILL)),
    "realnvp, 4 scales, colour": ((3, 16, 8), RealNVPConfig(scales=4, width=2, net=STILL)),
    "glow, 3 scales": ((3, 8, 16), GlowConfig(scales=3, steps=2, width=2, net=STILL)),
    "glow without split": ((1, 8, 8), GlowConfig(scales=2, steps=1, width=2, split=False, net=STILL)),
    "glow of cycles": ((1, 16, 16), GlowConfig(scales=2, steps=4, width=2, mask="cycle", net=STILL)),
    "cycle in patches": ((1, 8, 16), SingleScaleConfig(couplings=4, mask="cycle", patches=2, width=2, net=STILL)),
    **{
        f"single-scale, {mask}": ((2, 8, 8), SingleScaleConfig(couplings=3, mask=mask, width=2, net=STILL))
        for mask in MASKS
    },
}


def images_of(shape, number=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (number, *shape), dtype=torch.uint8, generator=generator).numpy()


def still(name):
    """A flow whose layers change nothing but by the logit."""
    shape, config = CONFIGS[name]
    torch.manual_seed(0)
    flow = config.build(shape).double().eval()
    for part in flow.modules():
        if type(part).__name__ == "Conv1x1":
            torch.nn.init.eye_(part.weight)
    return flow


def moving(name):
    """A flow with random weights."""
    shape, config = CONFIGS[name]
    torch.manual_seed(0)
    return randomise(config.build(shape).double(), 0).eval()
