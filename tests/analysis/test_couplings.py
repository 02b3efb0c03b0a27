"""What couplings predict, and where from they know."""

import numpy as np
import pytest
import torch
from torch import nn

from oodflow.analysis import Walk, contributions, coupling_pictures, latents, measure_couplings
from oodflow.bijections import Chain, Coupling, Logit, MultiScale, Patchify, horizontal
from oodflow.errors import UsageError
from oodflow.flows import Flow, Images, RealNVPConfig
from oodflow.nets import ConvNetConfig
from oodflow.testing.modules import randomise
from oodflow.transformers import TRANSFORMERS, Affine

from .flows import CONFIGS, images_of, moving


@pytest.mark.parametrize("name", CONFIGS)
def test_pictures_tell_the_whole_layer(name):
    flow = moving(name)
    pictures = coupling_pictures(flow, images_of(flow.shape), seed=1)
    for picture in pictures:
        changes = ~np.isnan(picture.prediction)
        assert (changes == ~np.isnan(picture.log_scale)).all()
        np.testing.assert_array_equal(picture.after[~changes], picture.before[~changes])
        expected = (picture.before - picture.prediction)[changes] * np.exp(picture.log_scale[changes])
        np.testing.assert_allclose(picture.after[changes], expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(pictures[-1].after, latents(flow, images_of(flow.shape), seed=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", CONFIGS)
def test_measures_are_those_of_the_pictures(name):
    flow = moving(name)
    images = images_of(flow.shape, 6)
    layers = measure_couplings(flow, images, batch_size=4)
    pictures = coupling_pictures(flow, images)
    for layer, picture in zip(layers, pictures, strict=True):
        changes = ~np.isnan(picture.prediction[0])
        x, prediction, log_scale = (a[:, changes] for a in (picture.before, picture.prediction, picture.log_scale))
        r2 = 1 - ((x - prediction) ** 2).sum() / ((x - x.mean()) ** 2).sum()
        assert layer.r2.value == pytest.approx(r2, rel=1e-9, abs=1e-9)
        assert layer.r2.low <= layer.r2.value <= layer.r2.high
        assert layer.mean_log_scale.value == pytest.approx(log_scale.mean(), abs=1e-9)
        assert layer.log_det.value == pytest.approx(log_scale.sum() / len(images) / flow.dims, abs=1e-9)
    assert layers[0].r2_erased is layers[0].r2_fall is None
    for layer in layers[1:]:
        assert layer.r2_fall.value == pytest.approx(layer.r2.value - layer.r2_erased.value)
        assert layer.r2_fall.low <= layer.r2_fall.value <= layer.r2_fall.high


class Shift(nn.Module):
    """An st-network with s = 0 and t = factor * the other half of the image, as it sees it, + constant."""

    def __init__(self, factor, constant=0.0):
        super().__init__()
        self.factor, self.constant = factor, constant

    def forward(self, x):
        other = x.flip(2)
        return torch.cat([torch.zeros_like(x), self.factor * other + self.constant], 1)


@pytest.mark.parametrize("patches", [1, 2])
def test_a_message_is_found_and_gone_when_it_is_erased_or_swapped(patches):
    """The first coupling writes the upper half into the lower; the second reads the upper half off from there."""
    shape = (1, 8, 6)
    images = images_of((1, 8 * patches, 6), 32)
    # Nothing but noise below: what the first coupling writes there is all that there is.
    images.reshape(32, 1, patches, 8, 6)[:, :, :, 4:] = 128
    lower = float(np.log(0.5 / 0.5))
    nets = [Shift(1.0 - 2.0 * turn, turn * lower) for turn in range(2)]
    couplings = [Coupling(horizontal(shape, turn), net, Affine(1)) for turn, net in enumerate(nets)]
    layers = [Patchify(coupling, rows=patches, columns=1) for coupling in couplings]
    flow = Flow(Images(images.shape[1:]), MultiScale(images.shape[1:], [Chain([Logit(0.0), *layers])])).double().eval()
    first, second = measure_couplings(flow, images)
    assert first.r2.value < 0  # it can't know the noise, and does not try
    assert second.r2.value > 0.99
    assert second.r2_erased.value < 0.05
    assert second.r2_fall.low > 0.9
    assert second.r2_swapped.value < 0
    assert second.r2_donor.value > 0.99


def test_swapping_takes_two_images():
    flow = moving("realnvp, 1 scale")
    with pytest.raises(UsageError, match="there is 1 image: swapping needs at least 2"):
        measure_couplings(flow, images_of(flow.shape, 1))
    assert len(measure_couplings(flow, images_of(flow.shape, 3), batch_size=2)) == 4


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_any_transformer_predicts_what_it_takes_to_zero_and_has_the_log_scale_of_its_derivative(kind):
    torch.manual_seed(0)
    config = RealNVPConfig(scales=2, width=2, net=ConvNetConfig(), transformer=kind)
    flow = randomise(config.build((1, 8, 8)).double(), 0).eval()
    images = images_of(flow.shape, 6)
    layers, pictures = measure_couplings(flow, images), coupling_pictures(flow, images)
    assert len(layers) == len(pictures) == 10
    for layer, picture in zip(layers, pictures, strict=True):
        log_scale = picture.log_scale[~np.isnan(picture.log_scale)]
        assert layer.mean_log_scale.value == pytest.approx(log_scale.mean(), abs=1e-9)
        assert np.isnan(layer.log_scale_edges.value) or abs(layer.log_scale_edges.value) <= 1
    _, log_det = Walk(flow)(images, lambda visit: None)
    logit = contributions(flow, images).entrance - flow.domain.constant
    total = sum(np.nansum(picture.log_scale, (1, 2, 3)) for picture in pictures)
    np.testing.assert_allclose(total, log_det.numpy() - logit, rtol=1e-9, atol=1e-9)
    first, seen = (
        next(part for part in flow.modules() if isinstance(part, Coupling)),
        torch.from_numpy(pictures[0].before),
    )
    expected, _ = first.transformer.inverse(torch.zeros_like(seen), first.theta(seen))
    changes = ~np.isnan(pictures[0].prediction)
    np.testing.assert_allclose(pictures[0].prediction[changes], expected.detach().numpy()[changes], rtol=0, atol=1e-9)
