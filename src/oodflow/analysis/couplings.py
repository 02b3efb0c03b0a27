"""What each coupling layer predicts: section 4 of the paper, as pictures and as numbers.

An autoregressive layer predicts, too: each number from those before it. It is meant wherever couplings are.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.analysis.edges import correlation, edge_map
from oodflow.analysis.walk import BATCH, Place, Visit, Walk, in_batches
from oodflow.bijections import Conditioned
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.metrics import Estimate, difference, estimate, mean

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CouplingPictures:
    r"""A coupling layer at work on images, everything in image space, ``[N, C, H, W]``.

    Attributes:
        scale: the scale that it is in.
        before: what comes in, together with the latents that have left by then.
        prediction: of what it changes, :math:`g^{-1}(0; \theta)`, which is :math:`-t` of an affine one; not a
            number elsewhere.
        log_scale: :math:`s`, the logarithm of each changed number's own derivative; not a number elsewhere.
        after: what goes out, together with what has left.
    """

    scale: int | None
    before: Floats
    prediction: Floats
    log_scale: Floats
    after: Floats

    @property
    def r2(self) -> Floats:
        """:math:`R^2` of the prediction against what is changed, ``[N]``; NaN where that is constant."""
        changes = ~np.isnan(self.prediction[0])
        x, prediction = (torch.from_numpy(maps[:, changes]) for maps in (self.before, self.prediction))
        with np.errstate(invalid="ignore", divide="ignore"):
            return r2_of(_squares(prediction, x))


@dataclass(frozen=True)
class CouplingMeasures:
    r"""A coupling layer's predictions in numbers, over many images.

    Attributes:
        scale: the scale that it is in.
        size: height and width of what it works on.
        r2: :math:`R^2 = 1 - \sum (x - \hat x)^2 / \sum (x - \bar x)^2` of the prediction :math:`\hat x` against the
            numbers :math:`x` that the layer changes, over all images and numbers.
        r2_sums: what each image adds to the sums that :func:`r2_of` makes an R² of, ``[N, 4]``.
        r2_erased: the same, with what the coupling before wrote taken back before the st-network looks.
        r2_fall: by how much it is lower then, over the same images.
        r2_swapped: the same, with the coupling before having written what it would have for another image.
        r2_donor: :math:`R^2` of that prediction against the other image's numbers.
        mean_log_scale: mean :math:`s`, the logarithm of its own derivative, of what it changes.
        log_scale_edges: correlation of :math:`s` with the image's edges, mean over images.
        log_det: log-determinant, nats per dimension of the image.
    """

    scale: int | None
    size: tuple[int, int]
    r2: Estimate
    r2_sums: Floats = field(compare=False, repr=False)
    r2_erased: Estimate | None
    r2_fall: Estimate | None
    r2_swapped: Estimate | None
    r2_donor: Estimate | None
    mean_log_scale: Estimate
    log_scale_edges: Estimate
    log_det: Estimate


def coupling_pictures(flow: Flow, images: NDArray[np.uint8], *, seed: int = 0) -> list[CouplingPictures]:
    r"""Show each coupling layer of a flow at work: activation, prediction and :math:`s`, brought back to image space.

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``; all pictures of all layers are kept, so take a few.
        seed: of the dequantisation noise.

    Returns:
        One entry for each coupling, in order.

    Raises:
        UsageError: for a flow over anything but 8-bit images, and images of another shape.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), Figures 1, 3, 9 and 11, appendix G, arXiv:2006.08545.

    Example:
        >>> from oodflow.flows import GlowConfig
        >>> flow = GlowConfig(scales=2, steps=3, width=4).build((1, 8, 8)).eval()
        >>> pictures = coupling_pictures(flow, np.zeros((2, 1, 8, 8), np.uint8))
        >>> len(pictures), pictures[0].prediction.shape
        (6, (2, 1, 8, 8))
    """
    walk = Walk(flow)
    canvas = torch.zeros(len(images), walk.flow.dims, dtype=torch.float64)
    pictures = []

    def picture(values: Tensor) -> Floats:
        return values.reshape(-1, *walk.flow.shape).numpy().copy()

    def changed(values: Tensor, place: Place) -> Floats:
        blank = torch.full_like(canvas, torch.nan)
        blank[:, place.pixels[place.changes].cpu()] = values[:, place.changes].cpu()
        return picture(blank)

    def look(visit: Visit) -> None:
        place = visit.place
        before = picture(canvas)
        canvas[:, place.pixels.cpu()] = visit.z.cpu()
        if isinstance(place.layer, Conditioned):
            prediction, log_scale = changed(visit.prediction, place), changed(visit.log_scale, place)
            pictures.append(CouplingPictures(place.scale, before, prediction, log_scale, picture(canvas)))

    walk(images, look, seed=seed)
    return pictures


def measure_couplings(
    flow: Flow, images: NDArray[np.uint8], *, seed: int = 0, batch_size: int = BATCH
) -> list[CouplingMeasures]:
    r"""Measure how well each coupling predicts what it changes, and where from it knows.

    Two experiments tell what a coupling has from the one before, by what its st-network is shown:

    - *erased*: the numbers as they would be had the coupling before done nothing;
    - *swapped*: as they would be had its st-network seen another image, the next one of the batch.

    If a coupling takes from the half that it sees what the one before wrote there of the other half, then
    :math:`R^2` falls in both, and in the latter it predicts the *other* image's half (``r2_donor``).

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``, at least two.
        seed: of the dequantisation noise and the bootstrap over images.
        batch_size: images at once; each batch swaps among its own.

    Returns:
        One entry for each coupling, in order; the first has no other before it.

    Raises:
        UsageError: for a flow over anything but 8-bit images, images of another shape, and fewer than two.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), section 4, arXiv:2006.08545, who look at pictures; the numbers, erasing
        and swapping are ours.
    """
    if len(images) < 2:
        raise UsageError(f"there is {len(images)} image: swapping needs at least 2.")
    walk = Walk(flow)
    tallies = [_Tally(place) for place in walk.couplings]
    for batch in in_batches(images, max(3, batch_size)):  # so that none is left alone
        _experiment(walk, batch, tallies, seed)
    return [tally.measures(walk.flow.dims, seed, first=i == 0) for i, tally in enumerate(tallies)]


def _experiment(walk: Walk, images: NDArray[np.uint8], tallies: list["_Tally"], seed: int) -> None:
    """Send three copies of a batch through: as it is, without the last coupling's work, and with another image's."""
    edges = torch.from_numpy(edge_map(images)).flatten(1)
    remaining = iter(tallies)

    def look(visit: Visit) -> Tensor | None:
        layer = visit.place.layer
        if not isinstance(layer, Conditioned):
            return None
        next(remaining).add(visit, edges)
        x, z, theta = (values.chunk(3)[0] for values in (visit.inputs, visit.outputs, visit.theta))
        of_another, _ = layer.transform(x, theta.roll(len(x) // len(images), 0))  # several patches an image
        return torch.cat([z, x, of_another])

    walk(images, look, seed=seed, copies=3)


class _Tally:
    """What is summed up of a coupling, image by image."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._squares: dict[str, list[Floats]] = {name: [] for name in ("as it is", "erased", "swapped", "donor")}
        self._log_scales: list[Floats] = []
        self._edges: list[Floats] = []

    def add(self, visit: Visit, edges: Tensor) -> None:
        """Take a batch in, three copies of it."""
        changes = self.place.changes
        x, log_scale = (values[:, changes].chunk(3)[0] for values in (visit.x, visit.log_scale))
        as_it_is, erased, swapped = visit.prediction[:, changes].chunk(3)
        donor = x.roll(1, 0)
        for name, prediction, truth in (
            ("as it is", as_it_is, x), ("erased", erased, x), ("swapped", swapped, x), ("donor", swapped, donor),
        ):  # fmt: skip
            self._squares[name].append(_squares(prediction, truth))
        self._log_scales.append(log_scale.sum(1).cpu().numpy())
        under = edges[:, (self.place.pixels[changes] % edges.shape[1]).cpu()]
        self._edges.append(correlation(log_scale.cpu().numpy(), under.numpy()))

    def measures(self, dims: int, seed: int, *, first: bool) -> CouplingMeasures:
        """Sum up."""
        sums = {name: np.concatenate(parts) for name, parts in self._squares.items()}
        r2 = {name: estimate(parts, r2_of, seed=seed) for name, parts in sums.items()}
        fall = difference(sums["erased"], sums["as it is"], r2_of, paired=True, seed=seed)
        log_scales = np.concatenate(self._log_scales)
        assert isinstance(self.place.layer, Conditioned)
        height, width = self.place.layer.shape[1:]
        return CouplingMeasures(
            scale=self.place.scale, size=(height, width), r2=r2["as it is"], r2_sums=sums["as it is"],
            r2_erased=None if first else r2["erased"], r2_fall=None if first else fall,
            r2_swapped=None if first else r2["swapped"], r2_donor=None if first else r2["donor"],
            mean_log_scale=mean(log_scales / int(self.place.changes.sum()), seed=seed),
            log_scale_edges=mean(np.concatenate(self._edges), seed=seed), log_det=mean(log_scales / dims, seed=seed),
        )  # fmt: skip


def _squares(prediction: Tensor, truth: Tensor) -> Floats:
    """What each image adds to :func:`r2_of`: squared errors, squares, sum and number of its values, ``[B, 4]``."""
    count = torch.full((len(truth),), truth.shape[1], dtype=truth.dtype, device=truth.device)
    sums = [(truth - prediction).square().sum(1), truth.square().sum(1), truth.sum(1), count]
    return torch.stack(sums, 1).cpu().numpy()


def r2_of(sums: Floats) -> Floats:
    """Make an R² of the sums of squared errors, of squares, of values, and their number, ``[..., 4]`` to ``[...]``."""
    errors, squares, total, count = np.moveaxis(sums, -1, 0)
    return np.asarray(1 - errors / (squares - total**2 / count))
