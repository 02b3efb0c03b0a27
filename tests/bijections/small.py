"""What the tests of reversible training share: small flows and layers, a loss of both outputs, and its gradients."""

import copy

import torch
from torch import nn

from oodflow.bijections import Bijection, Coupling, checkerboard, reversible
from oodflow.flows import FLOWS
from oodflow.testing.modules import randomise
from oodflow.transformers import Affine


def small(name, **settings):
    """The bijection of a flow of few and narrow layers, in float64, and data for it."""
    rank, fields = FLOWS[name].rank, FLOWS[name].model_fields
    sizes = {"width": 3, "steps": 2, "couplings": 4, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1} | settings
    shape = (2, 16, 12) if rank == 3 else (5,)
    config = FLOWS[name](**{field: size for field, size in sizes.items() if field in fields})
    x = 0.05 + 0.9 * torch.rand(4, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return randomise(config.bijection(shape).double(), 0), x


def loss_of(bijection, x):
    z, log_det = bijection(x)
    weights = torch.linspace(0.5, 1.5, z.numel(), dtype=z.dtype).reshape(z.shape)
    return (weights * z.square()).sum() - (log_det * torch.arange(1, len(x) + 1)).sum()


def gradients(bijection, x, *, storing, precision=None):
    """All gradients, by name, from a copy; and the copy."""
    bijection, x = copy.deepcopy(bijection), x.clone().requires_grad_()
    with reversible(not storing), torch.autocast("cpu", dtype=precision, enabled=precision is not None):
        loss = loss_of(bijection, x)
    named = {"input": x} | dict(bijection.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return dict(zip(named, found, strict=True)), bijection


class Doubled(Bijection):
    """One of a user's own, which says nothing of gradients, with a chain inside."""

    def __init__(self, inner: Bijection) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        z, log_det = self.inner(2 * x)
        return z, log_det + x[0].numel() * torch.tensor(2.0, dtype=x.dtype).log()

    def inverse(self, z):
        x, log_det = self.inner.inverse(z)
        return x / 2, log_det - x[0].numel() * torch.tensor(2.0, dtype=x.dtype).log()


def net_coupling(channels=2):
    net = nn.Sequential(nn.BatchNorm2d(channels), nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.Tanh())
    return Coupling(checkerboard((channels, 4, 6)), net, Affine(channels))


def image(channels=2):
    return torch.rand(3, channels, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
