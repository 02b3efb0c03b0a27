"""Walking through a flow layer by layer, with every number's place in the image at hand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oodflow.bijections import Bijection, Conditioned, Coupling, MultiScale
from oodflow.errors import UsageError
from oodflow.flows import Flow, image_noise
from oodflow.nets import folded

BATCH = 64  # images that go through a flow at once

Number = TypeVar("Number", bound=np.generic)

Hook = Callable[[Bijection, tuple[Tensor], tuple[Tensor, Tensor]], tuple[Tensor, Tensor] | None]


@dataclass(frozen=True, eq=False)
class Place:
    """A layer that changes numbers, and where in the image they belong.

    Attributes:
        layer: the layer.
        scale: index of the stage of the multi-scale flow that it is in; none outside of it.
        pixels: for each number of the layer's input, flattened, the index of its place in the flattened image, ``[n]``.
    """

    layer: Bijection
    scale: int | None
    pixels: Tensor

    @cached_property
    def changes(self) -> Tensor:
        """Which of its ``n`` numbers a coupling changes, and any other layer: all of them; boolean ``[n]``."""
        return self._everywhere(self.layer.mask.transform) if isinstance(self.layer, Coupling) else self._all()

    @cached_property
    def sees(self) -> Tensor:
        """Which of its ``n`` numbers a coupling's st-network sees, and any other layer: all; boolean ``[n]``.

        All of them, too, where a number's parameters depend on those before it.
        """
        return self._everywhere(self.layer.mask.condition) if isinstance(self.layer, Coupling) else self._all()

    def _everywhere(self, mask: Tensor) -> Tensor:
        return mask.flatten().repeat(len(self.pixels) // mask.numel())  # once for each patch

    def _all(self) -> Tensor:
        return torch.ones_like(self.pixels, dtype=torch.bool)


@dataclass(frozen=True, eq=False)
class Visit:
    """What a layer does to ``B`` images.

    Attributes:
        place: the layer.
        inputs: as they came, ``[B, ...]`` or, inside of patches, ``[B * patches, ...]``.
        outputs: the same.
        log_det: log-determinant of each input.
    """

    place: Place
    inputs: Tensor
    outputs: Tensor
    log_det: Tensor

    @property
    def x(self) -> Tensor:
        """The input, one row an image, in the order of ``place.pixels``: ``[B, n]``."""
        return self.inputs.reshape(-1, len(self.place.pixels))

    @property
    def z(self) -> Tensor:
        """The output, the same."""
        return self.outputs.reshape(-1, len(self.place.pixels))

    @cached_property
    def theta(self) -> Tensor:
        """The parameters of a conditioned layer's transformer, one row an input."""
        return self._conditioned.theta(self.inputs)

    @cached_property
    def log_scale(self) -> Tensor:
        r""":math:`s = \log \partial z / \partial x` of what it changes, ``[B, n]``, zero elsewhere."""
        return self._conditioned.transform(self.inputs, self.theta)[1].reshape(self.x.shape)

    @cached_property
    def prediction(self) -> Tensor:
        r"""What it expects of what it changes, :math:`g^{-1}(0; \theta)`, ``[B, n]``, zero elsewhere."""
        return self._conditioned.prediction(self.theta).reshape(self.x.shape)

    @property
    def _conditioned(self) -> Conditioned:
        assert isinstance(self.place.layer, Conditioned), "only a layer with a network has it"
        return self.place.layer


class Walk:
    """The layers of a flow over images in the order of their work, with the place of every number in the image.

    Squeezes, splits and patches move numbers. Where to follows from an image of indices that is sent through the flow
    while all layers that would change a number keep still; so it holds for any composition, at any depth.

    Args:
        flow: a flow over images; it is left as it was: a copy folded for inference does the work.

    Attributes:
        flow: that copy.
        places: the layers that change numbers, in order.
        latents: for each latent, the index of its place in the flattened image, ``[D]``.
        scales: for each place in the flattened image, the scale at which its latent leaves the flow, ``[D]``.

    Raises:
        UsageError: for a flow over anything but 8-bit images.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix G, arXiv:2006.08545.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> walk = Walk(RealNVPConfig(scales=2, width=4).build((1, 4, 4)))
        >>> len(walk.couplings)
        10
        >>> walk.scales.reshape(4, 4).tolist()  # half of the squeezed channels leave early: every other row
        [[1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]
    """

    def __init__(self, flow: Flow) -> None:
        require_pictures(flow)
        self.flow = folded(flow)
        self._layers = [layer for layer in self.flow.bijection.modules() if _changes_numbers(layer)]
        self.places, self.latents = self._follow()
        self.scales = torch.zeros_like(self.latents)
        for place in self.places:
            if place.scale is not None:
                self.scales[place.pixels] = place.scale

    @property
    def couplings(self) -> list[Place]:
        """The coupling layers, and the autoregressive ones, in order."""
        return [place for place in self.places if isinstance(place.layer, Conditioned)]

    @torch.no_grad()
    def __call__(
        self,
        images: NDArray[np.uint8],
        look: Callable[[Visit], Tensor | None],
        *,
        seed: int = 0,
        draw: int = 0,
        copies: int = 1,
    ) -> tuple[Tensor, Tensor]:
        """Send images through the flow and show each layer's visit to ``look``, in order.

        No visit is kept: memory grows with what ``look`` keeps alone.

        Args:
            images: uint8 ``[B, C, H, W]``.
            look: called once for each of ``places``; if it returns outputs, the flow goes on with them.
            seed: of the dequantisation noise.
            draw: which of several draws of it.
            copies: how often the images go through side by side, all with the same noise.

        Returns:
            Latents in image space, float64 ``[B, C, H, W]``, and the log-determinant ``[B]``; with copies, of all.
        """
        places = iter(self.places)

        def visit(_: Bijection, inputs: tuple[Tensor], outputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor] | None:
            replaced = look(Visit(next(places), inputs[0], *outputs))
            return None if replaced is None else (replaced, outputs[1])

        with _hooked(self._layers, visit):
            z, log_det = encode(self.flow, images, seed=seed, draw=draw, copies=copies)
        return self.in_image_space(z), log_det

    def in_image_space(self, z: Tensor) -> Tensor:
        """Bring latents ``[B, D]`` to where they are in the image: ``[B, C, H, W]``; all squeezes and splits undone."""
        unsqueezed = torch.empty_like(z)
        unsqueezed[:, self.latents] = z
        return unsqueezed.reshape(-1, *self.flow.shape)

    def _follow(self) -> tuple[list[Place], Tensor]:
        """Send an image of indices through while all that would change them keeps still."""
        seen: list[tuple[Bijection, Tensor]] = []

        def keep_still(
            layer: Bijection, inputs: tuple[Tensor], outputs: tuple[Tensor, Tensor]
        ) -> tuple[Tensor, Tensor]:
            seen.append((layer, inputs[0].flatten().long()))
            return inputs[0], outputs[1]

        flow = self.flow
        indices = torch.arange(flow.dims, dtype=torch.float64, device=flow.device).reshape(1, *flow.shape)
        with torch.no_grad(), _hooked(self._layers, keep_still):
            latents = flow.bijection(indices)[0][0]
        if not torch.equal(latents.sort().values, indices.flatten()):
            raise UsageError(
                "a layer that is made of others changes numbers itself: let what changes them be a layer of its own."
            )
        scales = _scales(flow.bijection)
        return [Place(layer, scales.get(layer), pixels) for layer, pixels in seen], latents.long()


@torch.no_grad()
def encode(
    flow: Flow, images: NDArray[np.uint8], *, seed: int = 0, draw: int = 0, copies: int = 1
) -> tuple[Tensor, Tensor]:
    """Encode images with their evaluation noise: float64 ``z [B, D]`` and the log-determinant ``[B]``."""
    noise = torch.from_numpy(image_noise(images, seed, draw)).repeat(copies, 1, 1, 1)
    return flow.encode(torch.from_numpy(images).to(flow.device).repeat(copies, 1, 1, 1), noise=noise)


def in_batches(images: NDArray[Number], size: int = BATCH) -> list[NDArray[Number]]:
    """Cut images, or their noise, into batches of nearly one size, at most ``size``."""
    return np.array_split(images, -(-len(images) // size))


def require_pictures(flow: Flow) -> None:
    """Refuse a flow over anything but 8-bit images with a ``UsageError``."""
    if not flow.domain.is_images:
        raise UsageError(f"this flow is over {flow.domain.holds} {flow.shape}: only flows over images have pictures.")


@contextmanager
def _hooked(layers: Sequence[nn.Module], hook: Hook) -> Iterator[None]:
    handles = [layer.register_forward_hook(hook) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _changes_numbers(layer: nn.Module) -> bool:
    """Tell whether it is a layer, neither a composition of others nor one that only rearranges."""
    if not isinstance(layer, Bijection) or layer.rearranges:
        return False
    return not any(isinstance(part, Bijection) for part in layer.modules() if part is not layer)


def _scales(bijection: Bijection) -> dict[Bijection, int]:
    """Tell in which stage of the outermost multi-scale composition each layer is."""
    scales: dict[Bijection, int] = {}
    for part in bijection.modules():
        if isinstance(part, MultiScale):
            for scale, stage in enumerate(part):
                for layer in stage.modules():
                    if isinstance(layer, Bijection):
                        scales.setdefault(layer, scale)
    return scales
