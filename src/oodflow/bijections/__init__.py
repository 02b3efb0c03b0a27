"""Invertible maps between data and latents, one idea a file.

``BIJECTIONS`` names each one with a way to build a small example for images ``[C, H, W]``, or vectors ``[D]`` where it
takes them, ``MASKS`` each mask; the contract tests iterate over both, so a new entry is tested without a new test.
"""

from collections.abc import Callable
from math import prod

from torch import nn

from oodflow.bijections.actnorm import ActNorm
from oodflow.bijections.autoregressive import Autoregressive
from oodflow.bijections.bijection import Bijection, Shape, sum_over_event
from oodflow.bijections.chain import Chain
from oodflow.bijections.conditioned import Conditioned
from oodflow.bijections.conv1x1 import Conv1x1
from oodflow.bijections.coupling import Coupling
from oodflow.bijections.flip import Flip
from oodflow.bijections.gaussianise import Gaussianise
from oodflow.bijections.logit import Logit
from oodflow.bijections.mask import Mask
from oodflow.bijections.masks import centre, channelwise, checkerboard, cycle, horizontal, quadrant, vertical
from oodflow.bijections.multiscale import MultiScale
from oodflow.bijections.patchify import Patchify
from oodflow.bijections.reversible import reversible
from oodflow.bijections.squeeze import Squeeze
from oodflow.registry import Registry
from oodflow.transformers import Affine


def _autoregressive(shape: Shape) -> Autoregressive:
    channels, *pixels = shape
    net = nn.Sequential(
        nn.Flatten(),
        nn.Unflatten(1, (1, prod(shape))),
        nn.ZeroPad1d((3, -1)),  # what follows sees the three numbers before
        nn.Conv1d(1, 2, 3),
        nn.Tanh(),
        nn.Flatten(),
        nn.Unflatten(1, (2 * channels, *pixels)),
    )
    return Autoregressive(shape, net, Affine(channels))


def _coupling(shape: Shape) -> Coupling:
    mask = checkerboard(shape) if len(shape) == 3 else channelwise(shape)
    shown, changed = mask.in_shape[0], mask.out_channels
    net = nn.Conv2d(shown, 2 * changed, 3, padding=1) if len(shape) == 3 else nn.Linear(shown, 2 * changed)
    return Coupling(mask, nn.Sequential(net, nn.Tanh()), Affine(changed))


BIJECTIONS: dict[str, Callable[[Shape], Bijection]] = {
    "actnorm": lambda shape: ActNorm(shape[0]),
    "autoregressive": lambda shape: _autoregressive(shape),
    "chain": lambda shape: Chain([Logit(), Squeeze(), Conv1x1(4 * shape[0])]),
    "conv1x1": lambda shape: Conv1x1(shape[0]),
    "coupling": lambda shape: _coupling(shape),
    "flip": lambda shape: Flip(),
    "gaussianise": lambda shape: Gaussianise(),
    "logit": lambda shape: Logit(),
    "multiscale": lambda shape: MultiScale(shape, [Chain([Logit(), Squeeze()]), Conv1x1(2 * shape[0])]),
    "patchify": lambda shape: Patchify(Chain([Logit(), ActNorm(shape[0])]), rows=2, columns=2),
    "squeeze": lambda shape: Squeeze(),
}

MASKS: Registry[Callable[[Shape, int], Mask]] = Registry(
    "mask",
    "oodflow.masks",
    {
        "centre": centre,
        "channelwise": channelwise,
        "checkerboard": checkerboard,
        "cycle": cycle,
        "horizontal": horizontal,
        "vertical": vertical,
    },
)

__all__ = [
    "BIJECTIONS", "MASKS", "ActNorm", "Autoregressive", "Bijection", "Chain", "Conditioned", "Conv1x1", "Coupling",
    "Flip", "Gaussianise", "Logit", "Mask", "MultiScale", "Patchify", "Shape", "Squeeze", "centre", "channelwise",
    "checkerboard", "cycle", "horizontal", "quadrant", "reversible", "sum_over_event", "vertical",
]  # fmt: skip
