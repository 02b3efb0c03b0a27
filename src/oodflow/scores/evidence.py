"""What one pass of a flow over a data set collects, for all scores to share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import log, prod

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.data import ImageSet
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import Flow, image_noise
from oodflow.nets import folded
from oodflow.scores.compression import compressed_bits

_COMPRESS_AT_ONCE = 256  # images in memory while compressing: a data set may be larger than memory


@dataclass(frozen=True, eq=False)
class Evidence:
    """What scores know about a data set.

    Args:
        images: the data set.
        log_prob: float64 [N], nats per 8-bit image, averaged in probability space over ``draws`` dequantisations.
        seed: of the dequantisation noise.
        draws: K, how many dequantisations of each image were averaged.

    Raises:
        UsageError: ``log_prob`` is not float64 [N].
        OodflowError: a log-probability is infinite or NaN.
    """

    images: ImageSet
    log_prob: NDArray[np.float64]
    seed: int
    draws: int

    def __post_init__(self) -> None:
        expected = (len(self.images),)
        if self.log_prob.shape != expected or self.log_prob.dtype != np.float64:
            raise UsageError(
                f"log_prob of {self.images.name} is {self.log_prob.dtype} {list(self.log_prob.shape)}: expected "
                f"float64 {list(expected)}, one value per image."
            )
        bad = np.flatnonzero(~np.isfinite(self.log_prob))
        if bad.size:
            raise OodflowError(
                f"the flow gives {bad.size:,} of {len(self.images):,} images of {self.images.name} a log-probability "
                f"that is infinite or NaN, the first at index {bad[0]} ({self.log_prob[bad[0]]}): the flow has "
                "diverged, or overflows on these images; train it with a lower training.lr."
            )

    @property
    def dims(self) -> int:
        """D = C·H·W."""
        return prod(self.images.shape)

    @cached_property
    def compressed_bits(self) -> NDArray[np.float64]:
        """L(x), [N] in bits: computed at first use, then shared by all scores that compress."""
        starts = range(0, len(self.images), _COMPRESS_AT_ONCE)
        parts = [compressed_bits(self.images.batch(slice(i, i + _COMPRESS_AT_ONCE))) for i in starts]
        return np.concatenate(parts)


def observe(
    flow: Flow,
    images: ImageSet,
    *,
    seed: int = 0,
    draws: int = 1,
    batch_size: int = 256,
    progress: Callable[[int, int], None] | None = None,
) -> Evidence:
    r"""Run the flow over a data set once and collect what scores need.

    .. math:: \log p(x) \approx \log \frac1K \sum_{k=1}^{K} p(x, u_k)

    with :math:`u_k` the k-th dequantisation noise of the image.

    The noise of an image is a function of (seed, k, the image), so the evidence of an image depends on no other image,
    nor on the batch size.

    Args:
        flow: used on the device where its parameters are, in eval mode; left as it was: a copy folded for inference
            does the work.
        images: N images of the flow's shape.
        seed: of the dequantisation noise.
        draws: K, how many dequantisations to average; the cost grows with it.
        batch_size: images that go through the flow at once.
        progress: called with (images done, N) after each batch.

    Returns:
        The evidence of all N images, in their order.

    Raises:
        UsageError: the images' shape is not the flow's, or ``draws`` or ``batch_size`` is not positive.
        OodflowError: a log-probability is infinite or NaN.

    Reference:
        Theis, van den Oord, Bethge, 2016, arXiv 1511.01844, section 3.1 (uniform dequantisation).

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8))
        >>> observe(flow, ImageSet.from_array(np.zeros((5, 1, 8, 8), np.uint8))).log_prob.shape
        (5,)
    """
    _check(flow, images, draws, batch_size)
    log_prob = np.empty(len(images))
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)  # on a GPU; nothing to a CPU
    flow = folded(flow)
    with torch.inference_mode(), exact:
        for start in range(0, len(images), batch_size):
            batch = images.batch(slice(start, start + batch_size))
            log_prob[start : start + len(batch)] = _log_prob(flow, batch, seed, draws)
            if progress is not None:
                progress(start + len(batch), len(images))
    return Evidence(images, log_prob, seed, draws)


def _log_prob(flow: Flow, batch: NDArray[np.uint8], seed: int, draws: int) -> NDArray[np.float64]:
    """Average p over dequantisations: log p(x) of a batch, [B] in nats."""
    x = torch.from_numpy(batch).to(flow.device)
    total = np.full(len(batch), -np.inf)
    for draw in range(draws):
        noise = torch.from_numpy(image_noise(batch, seed, draw)).to(x.device, flow.dtype)
        drawn = flow.log_prob(x, noise=noise).double().cpu().numpy()
        with np.errstate(invalid="ignore"):  # Evidence reports a NaN, with its place
            total = np.logaddexp(total, drawn)
    return total - log(draws)


def require_images(flow: Flow) -> None:
    """Refuse a flow over anything but 8-bit images with a ``UsageError``: data sets hold images."""
    if not flow.domain.is_images:
        raise UsageError(
            f"this flow is over {flow.domain.kind} {flow.shape} and data sets hold 8-bit images: train and ask "
            f"it in Python, with oodflow.fit and flow.log_prob."
        )


def require_shape(flow: Flow, images: ImageSet) -> None:
    """Refuse images of another shape than the flow's with a ``UsageError`` that names the way to convert them."""
    require_images(flow)
    if images.shape != flow.shape:
        came, expected = ("x".join(map(str, shape)) for shape in (images.shape, flow.shape))
        name = images.name.partition("?")[0]
        raise UsageError(
            f"the data set {images.name} holds images of shape {came} but the flow takes {expected}: write "
            f"{name}?shape={expected} to crop, resize and convert them."
        )


def _check(flow: Flow, images: ImageSet, draws: int, batch_size: int) -> None:
    require_shape(flow, images)
    for name, value in (("draws", draws), ("batch_size", batch_size)):
        if value < 1:
            raise UsageError(f"{name} is {value}: expected a positive number.")
