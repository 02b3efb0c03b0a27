"""St-networks whose batch norms normalise by what comes, not only by what came in training."""

from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.nets.fold import copied, lean

M = TypeVar("M", bound=nn.Module)


class GroupwiseNorm(nn.Module):
    r"""What a batch norm does in training, for each group of G images by itself, leaned on the statistics of training.

    .. math:: y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta, \qquad
              \mu = r \mu_g + (1 - r) \mu_0, \qquad
              \sigma^2 = r \sigma_g^2 + (1 - r) \sigma_0^2 + r (1 - r) (\mu_g - \mu_0)^2

    with mean and variance of the group, :math:`\mu_g` and :math:`\sigma_g^2`, and the running ones of the training:
    those of a batch of which the group is the share r, and all else is as the training data was.

    Args:
        norm: the batch norm whose parameters and running statistics it has.
        group: G.
        share: r; at 1 the group is the batch.

    Shapes: ``[B, C, ...] -> [B, C, ...]``, with B a multiple of G and groups one after the other.
    """

    def __init__(self, norm: _BatchNorm, group: int, share: float) -> None:
        super().__init__()
        self.norm, self.group, self.share = norm, group, share

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each group."""
        each = (-1, *(1,) * (x.dim() - 2))  # a number a channel, beside the channels of an image
        mean0, var0 = (cast(Tensor, one).view(each) for one in (self.norm.running_mean, self.norm.running_var))
        groups, r = x.reshape(-1, self.group, *x.shape[1:]), self.share
        var, mean = torch.var_mean(groups, (1, *range(3, groups.dim())), correction=0, keepdim=True)
        var = r * var + (1 - r) * var0 + r * (1 - r) * (mean - mean0).square()
        y = (groups - (r * mean + (1 - r) * mean0)) * (var + self.norm.eps).rsqrt()
        if self.norm.affine:
            y = y * self.norm.weight.view(each) + self.norm.bias.view(each)
        return y.reshape(x.shape)


def groupwise(module: M, group: int, share: float = 1.0) -> M:
    """Return a copy whose batch norms are a :class:`GroupwiseNorm`: for inference alone, in eval mode.

    At a share of 1 it computes what the module in train mode does of a batch that is a single group.

    Args:
        module: a flow, an st-network or anything that holds some; it is left as it is, and so are its statistics.
        group: images that are normalised together.
        share: of them in the statistics; the rest is that of the training's running ones.

    Example:
        >>> net = nn.Sequential(nn.BatchNorm2d(3))
        >>> x = torch.randn(6, 3, 4, 4)
        >>> bool(torch.allclose(groupwise(net, 6)(x), nn.BatchNorm2d(3).train()(x), atol=1e-6))
        True
    """
    with torch.no_grad():
        copy = copied(module)
        for holder in [*copy.modules()]:
            for name, part in [*holder.named_children()]:
                if isinstance(part, _BatchNorm):
                    setattr(holder, name, GroupwiseNorm(part, group, share))
        return lean(copy)


def has_batch_norm(module: nn.Module) -> bool:
    """Tell whether any part is a batch norm.

    Example:
        >>> has_batch_norm(nn.Sequential(nn.BatchNorm2d(3))), has_batch_norm(nn.Conv2d(3, 3, 1))
        (True, False)
    """
    return any(isinstance(part, _BatchNorm) for part in module.modules())
