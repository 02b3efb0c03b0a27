"""Stages between which half of the channels leave as latents."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import cast

import torch
from torch import Tensor

from oodflow.bijections.bijection import Bijection, Shape, bijections_only
from oodflow.errors import UsageError
from oodflow.gradients import Gradients, add_gradients


class MultiScale(Bijection):
    r"""Run the stages in turn; after each but the last, the second half of the channels leaves as latents.

    .. math:: (h_i, z_i) = \operatorname{split}(f_i(h_{i-1})), \quad h_0 = x, \qquad z = (z_1, \dots, z_n)

    with :math:`z_n = f_n(h_{n-1})`. The result is flat, ``[B, D]``: the parts in the order in which they leave, each
    flattened in the order C, H, W.

    Args:
        shape: ``(C, H, W)`` of the input.
        stages: the bijections :math:`f_1, \dots, f_n`; one stage alone just flattens its output.

    Raises:
        UsageError: when a stage does not fit what the one before leaves over, or leaves a single channel.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.6 and equations 13 to 16,
        arXiv:1605.08803.
    """

    def __init__(self, shape: Shape, stages: Sequence[Bijection]) -> None:
        super().__init__()
        if not stages:
            raise UsageError("a MultiScale needs at least one stage: MultiScale(shape, [Chain([])]) just flattens.")
        self.stages = bijections_only(stages, "MultiScale")
        self.shape = tuple(shape)
        self.stage_shapes = _stage_shapes(self.shape, stages)

    def __iter__(self) -> Iterator[Bijection]:
        return iter(cast(Sequence[Bijection], self.stages))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``[B, C, H, W]`` to flat latents ``[B, D]``."""
        log_det = x.new_zeros(x.shape[0])
        parts = []
        *stages, last = self
        for stage in stages:
            x, stage_log_det = stage(x)
            log_det = log_det + stage_log_det
            x, leaving = _split(x)
            parts.append(leaving.flatten(1))
        x, stage_log_det = last(x)
        return torch.cat([*parts, x.flatten(1)], 1), log_det + stage_log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Map flat latents ``[B, D]`` to ``[B, C, H, W]``."""
        *parts, x = self.unflatten(z)
        *stages, last = self
        x, log_det = last.inverse(x)
        for stage, leaving in zip(reversed(stages), reversed(parts), strict=True):
            x, stage_log_det = stage.inverse(torch.cat([x, leaving], 1))
            log_det = log_det + stage_log_det
        return x, log_det

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        """Stage by stage, last to first; what left after a stage comes back with its gradient."""
        *parts, x = self.unflatten(z)
        *grad_parts, grad_x = self.unflatten(grad_z)
        *stages, last = self
        x, grad_x, gradients = last.pull_back(x, grad_x, grad_log_det)
        for stage, leaving, grad_leaving in zip(reversed(stages), reversed(parts), reversed(grad_parts), strict=True):
            z, grad_z = torch.cat([x, leaving], 1), torch.cat([grad_x, grad_leaving], 1)
            x, grad_x, stage_gradients = stage.pull_back(z, grad_z, grad_log_det)
            add_gradients(gradients, stage_gradients)
        return x, grad_x, gradients

    def unflatten(self, z: Tensor) -> list[Tensor]:
        """Cut flat latents ``[B, D]`` into their parts ``[B, C_i, H_i, W_i]``, in the order in which they left."""
        shapes = self.latent_shapes(self.shape)
        pieces = torch.split(z, [prod(shape) for shape in shapes], 1)
        return [piece.reshape(z.shape[0], *shape) for piece, shape in zip(pieces, shapes, strict=True)]

    def output_shape(self, shape: Shape) -> Shape:
        """As many numbers as come in, flat."""
        if tuple(shape) != self.shape:
            raise UsageError(f"it was built for {list(self.shape)} but the input is {list(shape)}.")
        return (prod(shape),)

    def input_shape(self, shape: Shape) -> Shape:
        """The shape that it was built for."""
        if tuple(shape) != (prod(self.shape),):
            raise UsageError(f"it ends in flat latents [{prod(self.shape)}] but the input is {list(shape)}.")
        return self.shape

    def latent_shapes(self, shape: Shape) -> list[Shape]:
        """List what leaves after each stage but the last, and what the last gives."""
        self.output_shape(shape)
        return [*((full[0] - _kept(full), *full[1:]) for full in self.stage_shapes[:-1]), self.stage_shapes[-1]]

    def initialise(self, x: Tensor) -> Tensor:
        """Initialise each stage on what reaches it."""
        parts = []
        *stages, last = self
        for stage in stages:
            x, leaving = _split(stage.initialise(x))
            parts.append(leaving.flatten(1))
        return torch.cat([*parts, last.initialise(x).flatten(1)], 1)


def _kept(shape: Shape) -> int:
    """How many of the channels stay: the first half."""
    return shape[0] // 2


def _split(x: Tensor) -> tuple[Tensor, Tensor]:
    kept = _kept(x.shape[1:])
    return x[:, :kept], x[:, kept:]


def _stage_shapes(shape: Shape, stages: Sequence[Bijection]) -> list[Shape]:
    """Output shape of each stage, before the split."""
    shapes: list[Shape] = []
    for i, stage in enumerate(stages):
        try:
            shape = stage.output_shape(shape)
        except UsageError as error:
            raise UsageError(f"stage {i} does not fit into its multi-scale flow: {error}") from error
        shapes.append(shape)
        if i < len(stages) - 1:
            if shape[0] < 2:
                raise UsageError(f"stage {i} leaves {list(shape)}: half of one channel can't leave; squeeze first.")
            shape = (_kept(shape), *shape[1:])
    return shapes
