"""A transformer whose tokens are the pixels of an image, each seeing those before it."""

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import pad, scaled_dot_product_attention

from oodflow.errors import UsageError


class CausalTransformer(nn.Module):
    r"""Self-attention over the pixels in raster order, shifted by one: what is said of a pixel depends on those before.

    .. math:: h_0 = W x_{t-1} + p_t, \qquad h' = h_{i-1} + \operatorname{attention}(\operatorname{norm}(h_{i-1})),
              \qquad h_i = h' + \operatorname{mlp}(\operatorname{norm}(h')), \qquad
              y_t = V \operatorname{norm}(h_n)

    with a learned position :math:`p_t` for each pixel and :math:`x_{-1} = 0`. All channels of a pixel are one token,
    so of one pixel none depends on another. The last map begins at zero.

    Args:
        in_shape: ``(C, H, W)``; the network is for just this size.
        out_channels: channels of the output.
        width: of a token inside, a multiple of ``heads``.
        layers: :math:`n`.
        heads: of the attention.

    Shapes: ``[B, C, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Zhai et al. (2024), "Normalizing flows are capable generative models", section 3.2, arXiv:2412.06329; Xiong
        et al. (2020), "On layer normalization in the transformer architecture", arXiv:2002.04745.
    """

    def __init__(self, in_shape: tuple[int, ...], out_channels: int, *, width: int, layers: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise UsageError(f"width is {width} but must be a multiple of heads, which is {heads}.")
        channels, height, columns = in_shape
        self.embed = nn.Linear(channels, width)
        self.positions = nn.Parameter(0.02 * torch.randn(height * columns, width))
        self.blocks = nn.Sequential(*(_Block(width, heads) for _ in range(layers)))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, out_channels))
        for parameter in self.head[1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the parameters of the transformer."""
        tokens = x.flatten(2).transpose(1, 2)
        before = pad(tokens, (0, 0, 1, -1))
        y: Tensor = self.head(self.blocks(self.embed(before) + self.positions))
        return y.transpose(1, 2).reshape(x.shape[0], y.shape[2], *x.shape[2:])


class _Block(nn.Module):
    """Attention, then two layers for each token alone, each beside a skip."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attend, self.think = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, h: Tensor) -> Tensor:
        """``[B, T, width]`` to the same."""
        parts = self.queries_keys_values(self.attend(h)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts
        with sdpa_kernel(SDPBackend.MATH):  # of the other ways torch.vmap knows no gradient
            seen = scaled_dot_product_attention(queries, keys, values, is_causal=True)
        h = h + self.mixed(seen.transpose(1, 2).flatten(2))
        return h + self.mlp(self.think(h))  # type: ignore[no-any-return]
