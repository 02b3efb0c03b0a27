"""The monotonic rational-quadratic spline."""

from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import softplus

from oodflow.transformers.transformer import Transformer, TransformerConfig

_LEAST = 1e-3  # share of a bin's width and height in the whole, and slope: quotients stay finite, digits stay there


class SplineConfig(TransformerConfig):
    """Settings of :class:`Spline`.

    Attributes:
        bins: :math:`K`.
        bound: :math:`B`, to either side of 0; outside numbers stay as they are. The logits of black and white are
            ±2.9.
    """

    kind: Literal["spline"] = "spline"
    bins: int = Field(8, ge=2, le=256)
    bound: float = Field(3.0, gt=0)

    def build(self, channels: int) -> "Spline":
        """Build it; the number of channels makes no difference."""
        return Spline(bins=self.bins, bound=self.bound)


class Spline(Transformer):
    r"""A monotonic spline of rational-quadratic pieces on :math:`[-B, B]`, and the identity outside.

    In the bin :math:`x_k \le x \le x_{k+1}`, with :math:`w = x_{k+1} - x_k`, :math:`h = y_{k+1} - y_k`,
    :math:`s = h / w`, slopes :math:`\delta` at the knots and :math:`\xi = (x - x_k) / w`:

    .. math:: z = y_k + \frac{h\,[s \xi^2 + \delta_k\, \xi(1 - \xi)]}
                             {s + [\delta_{k+1} + \delta_k - 2 s]\, \xi(1 - \xi)}

    .. math:: \frac{\partial z}{\partial x}
              = \frac{s^2\,[\delta_{k+1} \xi^2 + 2 s\, \xi(1 - \xi) + \delta_k (1 - \xi)^2]}
                     {(s + [\delta_{k+1} + \delta_k - 2 s]\, \xi(1 - \xi))^2}

    :math:`\theta` holds a number for each bin's width and each bin's height, of which a softmax makes shares of
    :math:`2B`, and for the slope at each of the :math:`K - 1` inner knots, through a softplus; at :math:`\pm B` the
    slope is 1, so that the tails go on smoothly. The inverse solves a quadratic equation, in the form that loses no
    digits whichever way it bends.

    Args:
        bins: :math:`K`.
        bound: :math:`B`.

    Reference:
        Durkan, Bekasov, Murray, Papamakarios (2019), "Neural spline flows", equation 4 and appendix A,
        arXiv:1906.04032.

    Example:
        >>> x = torch.tensor([[-5.0, 0.5, 2.0]])
        >>> z, log_derivative = Spline(bins=4, bound=3.0)(x, torch.zeros(1, 33))  # of zeros it is the identity
        >>> torch.allclose(z, x), torch.allclose(log_derivative, torch.zeros(1, 3), atol=1e-6)
        (True, True)
    """

    def __init__(self, *, bins: int, bound: float) -> None:
        super().__init__()
        self.bins, self.bound = bins, bound
        self.parameters_per_number = 3 * bins - 1

    def forward(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Find the bin of ``x`` and evaluate its piece."""
        inside = x.clamp(-self.bound, self.bound)
        bin_ = self._bin(inside, theta, by="x")
        xi = (inside - bin_.x) / bin_.width
        return self._with_tails(x, inside + bin_.lift(xi), bin_.log_derivative(xi))

    def inverse(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Find the bin of ``z`` and solve for the place in it."""
        inside = z.clamp(-self.bound, self.bound)
        bin_ = self._bin(inside, theta, by="y")
        xi = bin_.place_of(inside)
        return self._with_tails(z, inside - bin_.lift(xi), -bin_.log_derivative(xi))

    def _with_tails(self, x: Tensor, y: Tensor, log_derivative: Tensor) -> tuple[Tensor, Tensor]:
        within = x.abs() < self.bound
        return torch.where(within, y, x), torch.where(within, log_derivative, torch.zeros_like(log_derivative))

    def _bin(self, value: Tensor, theta: Tensor, *, by: Literal["x", "y"]) -> "_Bin":
        """Find the bin of each value, by the places of the knots or by their heights."""
        theta = theta.reshape(theta.shape[0], self.parameters_per_number, *value.shape[1:])
        widths, heights, slopes = torch.split(theta, [self.bins, self.bins, self.bins - 1], 1)
        x, y, slopes = self._knots(widths), self._knots(heights), _slopes(slopes)
        index = (value.unsqueeze(1) >= (x if by == "x" else y)[:, 1:-1]).sum(1, keepdim=True)

        def ends(knots: Tensor) -> tuple[Tensor, Tensor]:
            return knots.gather(1, index).squeeze(1), knots.gather(1, index + 1).squeeze(1)

        (x, next_x), (y, next_y), (left, right) = ends(x), ends(y), ends(slopes)
        width, height = next_x - x, next_y - y
        slope = height / width
        return _Bin(x, y, width, height, left, right, slope, left + right - 2 * slope)

    def _knots(self, raw: Tensor) -> Tensor:
        """From a number for each bin to the knots between -B and B: ``[B, K, C, ...]`` to ``[B, K + 1, C, ...]``."""
        shares = _LEAST + (1 - self.bins * _LEAST) * raw.softmax(1)
        inner = self.bound * (2 * shares[:, :-1].cumsum(1) - 1)
        edge = torch.full_like(inner[:, :1], self.bound)
        return torch.cat([-edge, inner, edge], 1)


def _slopes(raw: Tensor) -> Tensor:
    """From a number for each inner knot to the slopes at all knots; of zero it is exactly 1."""
    inner = _LEAST + (1 - _LEAST) * softplus(raw) / softplus(raw.new_zeros(()))
    edge = torch.ones_like(inner[:, :1])
    return torch.cat([edge, inner, edge], 1)


class _Bin(NamedTuple):
    r"""The bin that a number lies in: its lower knot, its size, the slopes at its ends, its mean slope, its bend.

    Everything is written by what differs from the identity, where :math:`s = \delta_k = \delta_{k+1} = 1`: close to it
    no digits are lost, and at it none at all.
    """

    x: Tensor
    y: Tensor
    width: Tensor
    height: Tensor
    left: Tensor
    right: Tensor
    slope: Tensor
    bend: Tensor

    def lift(self, xi: Tensor) -> Tensor:
        r"""How far the spline is above the identity: :math:`z - x` at a share :math:`\xi` of the bin.

        .. math:: y_k - x_k + w \xi \frac{s (s - 1)\, \xi + s (\delta_k - 1) (1 - \xi) - b\, \xi (1 - \xi)}
                                         {s + b\, \xi (1 - \xi)}, \qquad b = \delta_{k+1} + \delta_k - 2 s
        """
        s, bend, rest = self.slope, self.bend, 1 - xi
        above = s * ((s - 1) * xi + (self.left - 1) * rest) - bend * xi * rest
        return self.y - self.x + self.width * xi * above / (s + bend * xi * rest)

    def log_derivative(self, xi: Tensor) -> Tensor:
        r"""Take the logarithm of :math:`\partial z / \partial x` at a share :math:`\xi` of the bin."""
        s, rest = self.slope, 1 - xi
        above = (self.right - 1) * xi.square() + 2 * (s - 1) * xi * rest + (self.left - 1) * rest.square()
        return 2 * s.log() + above.log1p() - 2 * (s + self.bend * xi * rest).log()

    def place_of(self, z: Tensor) -> Tensor:
        r"""Find the share :math:`\xi` of the bin at which the spline is at :math:`z`, the root in [0, 1]."""
        s, bend, above = self.slope, self.bend, z - self.y
        a = self.height * (s - self.left) + above * bend
        b = self.height * self.left - above * bend
        c = -s * above
        # Rounding alone makes it negative; above zero the root keeps a finite gradient.
        root = (b.square() - 4 * a * c).clamp(min=torch.finfo(z.dtype).tiny).sqrt()
        # Whatever the sign of b, nothing is subtracted that nearly cancels. Where b is negative, a is positive.
        falls = b < 0
        by_c = 2 * c / torch.where(falls, -root, -b - root)
        by_a = (root - b) / (2 * torch.where(falls, a, root))
        return torch.where(falls, by_a, by_c).clamp(0, 1)  # rounding alone leaves the bin
