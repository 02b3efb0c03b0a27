"""What each bijection does, against the papers and known values; the contract tests do the rest."""

import math

import pytest
import torch

from oodflow.bijections import (
    ActNorm,
    Chain,
    Conv1x1,
    Coupling,
    Logit,
    Mask,
    MultiScale,
    Patchify,
    Squeeze,
    centre,
    channelwise,
    checkerboard,
    cycle,
    horizontal,
    quadrant,
    vertical,
)
from oodflow.errors import UsageError
from oodflow.transformers import Affine, MixtureConfig


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_logit_has_the_bounds_of_the_original():
    z, _ = Logit(0.05)(torch.tensor([[0.0, 0.5, 1.0]], dtype=torch.float64))
    assert torch.allclose(z, torch.tensor([[-math.log(19), 0.0, math.log(19)]], dtype=torch.float64))


def test_logit_inverse_undoes_the_contraction():
    assert torch.allclose(Logit(0.05).inverse(Logit(0.05)(images(2, 3))[0])[0], images(2, 3), atol=1e-14)


@pytest.mark.parametrize("alpha", [-0.1, 0.5, 2])
def test_logit_refuses_an_alpha_that_is_none(alpha):
    with pytest.raises(UsageError, match="alpha"):
        Logit(alpha)


def test_squeeze_orders_channels_as_the_original():
    x = images(2, 3, 4, 6)
    z, _ = Squeeze()(x)
    for c in range(3):
        for dy in range(2):
            for dx in range(2):
                assert torch.equal(z[:, 4 * c + 2 * dy + dx], x[:, c, dy::2, dx::2])


def test_checkerboard_changes_the_top_left_pixel_first():
    mask = checkerboard((2, 3, 5))
    even = (torch.arange(3)[:, None] + torch.arange(5)) % 2 == 0
    assert torch.equal(mask.transform, even.expand(2, 3, 5))
    assert (mask.in_shape, mask.out_channels, mask.hides_pixels) == ((2, 3, 5), 2, True)


def test_channelwise_changes_the_first_half_first():
    mask = channelwise((5, 2, 2))
    assert mask.transform[:2].all()
    assert not mask.transform[2:].any()
    assert (mask.in_shape, mask.out_channels, mask.hides_pixels) == ((3, 2, 2), 2, False)


def test_channelwise_halves_vectors():
    mask = channelwise((5,), turn=1)
    assert mask.condition.tolist() == [True, True, False, False, False]
    assert (mask.in_shape, mask.out_channels, mask.hides_pixels) == ((2,), 3, False)
    x = torch.arange(10.0).reshape(2, 5)
    assert torch.equal(mask.show(x), x[:, :2])
    assert torch.equal(mask.place(torch.ones(2, 3)), torch.tensor([[0.0, 0, 1, 1, 1]]).expand(2, 5))


def drawn(mask):
    """0: neither, 1: seen, 2: changed."""
    return (mask.condition[0] + 2 * mask.transform[0].int()).tolist()


def test_horizontal_sees_the_upper_half_first():
    assert drawn(horizontal((1, 3, 2))) == [[1, 1], [2, 2], [2, 2]]
    assert drawn(horizontal((1, 3, 2), turn=1)) == [[2, 2], [1, 1], [1, 1]]


def test_vertical_sees_the_left_half_first():
    assert drawn(vertical((1, 2, 3))) == [[1, 2, 2], [1, 2, 2]]


def test_centre_changes_the_middle_first():
    assert drawn(centre((1, 4, 5))) == [[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], [1, 1, 1, 1, 1]]


def test_cycle_goes_round_the_clock():
    assert [drawn(cycle((1, 2, 2), turn)) for turn in range(4)] == [
        [[1, 2], [0, 0]], [[0, 1], [0, 2]], [[0, 0], [2, 1]], [[2, 0], [1, 0]],
    ]  # fmt: skip


def test_what_a_cycle_writes_comes_back_after_four_couplings():
    """Information goes one quadrant a coupling: it is seen where it came from only in the fourth."""
    holding = cycle((1, 2, 2), 0).condition
    for turn in range(4):
        mask = cycle((1, 2, 2), turn)
        assert (holding & mask.condition).any()
        assert not (holding & mask.transform).any() or turn == 3
        holding = holding | mask.transform
    assert holding.all()


def test_a_quadrant_must_be_one_of_four_and_another():
    with pytest.raises(UsageError, match="quadrants are 0 to 3"):
        quadrant((1, 4, 4), 0, 4)
    with pytest.raises(UsageError, match="overlap"):
        quadrant((1, 4, 4), 1, 1)


@pytest.mark.parametrize("mask", [checkerboard, horizontal, vertical, centre, cycle])
def test_masks_of_pixels_refuse_vectors(mask):
    with pytest.raises(UsageError, match="vectors take channelwise"):
        mask((6,), 0)


def test_only_a_checkerboard_is_interleaved():
    """The authors make up for its zeros, and for no other mask's."""
    assert checkerboard((2, 4, 4)).interleaved
    others = (channelwise, horizontal, vertical, centre, cycle)
    assert not any(mask((2, 4, 4), turn).interleaved for mask in others for turn in range(4))
    assert not any(cycle((1, 3, 3), turn).interleaved for turn in range(4))  # a quadrant of one pixel


def test_the_mask_of_a_vector_may_have_holes():
    seen = torch.tensor([True, False, True, False])
    mask = Mask(seen, ~seen)
    assert mask.show(torch.ones(1, 4)).tolist() == [[1, 0, 1]]
    assert mask.place(mask.only_changed(torch.ones(1, 3))).tolist() == [[0, 1, 0, 1]]


def test_patchify_cuts_and_joins():
    x = images(2, 3, 4, 6)
    layer = Patchify(Squeeze(), rows=2, columns=1)
    z, _ = layer(x)
    assert torch.equal(z[:, :, :1], Squeeze()(x[:, :, :2])[0])
    assert torch.equal(z[:, :, 1:], Squeeze()(x[:, :, 2:])[0])
    assert torch.equal(layer.inverse(z)[0], x)


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (3, 2), (2, 2)])
def test_patchify_puts_every_patch_back_where_it_was(rows, columns):
    x = images(2, 3, 12, 6)
    assert torch.equal(Patchify(Chain([]), rows=rows, columns=columns)(x)[0], x)


def test_patchify_says_what_it_can_not_cut():
    with pytest.raises(UsageError, match="can't cut"):
        Patchify(Squeeze(), rows=2, columns=4).output_shape((1, 4, 6))
    with pytest.raises(UsageError, match="must stay an image"):
        Patchify(MultiScale((1, 2, 2), [Chain([])]), rows=2, columns=2).output_shape((1, 4, 4))


def test_masks_refuse_overlap_and_nothing():
    full, none = torch.ones(1, 2, 2, dtype=torch.bool), torch.zeros(1, 2, 2, dtype=torch.bool)
    with pytest.raises(UsageError, match="overlap"):
        Mask(full, full)
    with pytest.raises(UsageError, match="nothing"):
        Mask(full, none)
    with pytest.raises(UsageError, match="one shape"):
        Mask(full, full[:, :1])
    with pytest.raises(UsageError, match="at least 2 channels"):
        channelwise((1, 4, 4))


def test_a_mask_may_leave_pixels_neither_seen_nor_changed():
    quadrants = torch.zeros(4, 2, 2, dtype=torch.bool)
    condition, transform = quadrants.clone(), quadrants.clone()
    condition[1, 0, 0] = transform[2, 1, 1] = True
    mask = Mask(condition, transform)
    x = images(1, 4, 2, 2)
    assert mask.show(x).shape == (1, 1, 2, 2)
    assert torch.equal(mask.show(x)[0, 0], x[0, 1] * condition[1])
    assert torch.equal(mask.place(mask.only_changed(torch.ones(1, 1, 2, 2))).bool()[0], transform)


def test_actnorm_normalises_the_first_batch_and_only_that():
    layer = ActNorm(3).double()
    x = 5 + 3 * images(16, 3, 4, 4)
    z = layer.initialise(x)
    assert torch.allclose(z.mean((0, 2, 3)), torch.zeros(3, dtype=torch.float64), atol=1e-9)
    assert torch.allclose(z.var((0, 2, 3), correction=0), torch.ones(3, dtype=torch.float64), atol=1e-4)
    assert torch.equal(layer.initialise(2 * x), layer(2 * x)[0])


def test_actnorm_before_initialisation_is_the_identity():
    x = images(2, 3, 4, 4)
    assert torch.equal(ActNorm(3).double()(x)[0], x)


def test_actnorm_flag_survives_saving():
    layer, other = ActNorm(2), ActNorm(2)
    layer.initialise(torch.rand(4, 2, 3, 3))
    other.load_state_dict(layer.state_dict())
    assert other.initialised


def test_conv1x1_starts_orthogonal():
    weight = Conv1x1(6).weight
    assert torch.allclose(weight @ weight.T, torch.eye(6), atol=1e-5)


def test_multiscale_orders_latents_as_they_leave():
    flow = MultiScale((1, 4, 4), [Squeeze(), Squeeze()])
    x = images(2, 1, 4, 4)
    z, log_det = flow(x)
    first = Squeeze()(x)[0]
    assert torch.equal(z[:, :8], first[:, 2:].flatten(1))
    assert torch.equal(z[:, 8:], Squeeze()(first[:, :2])[0].flatten(1))
    assert torch.equal(log_det, torch.zeros(2, dtype=torch.float64))
    assert [tuple(part.shape[1:]) for part in flow.unflatten(z)] == [(2, 2, 2), (8, 1, 1)]


def test_compositions_say_what_does_not_fit_when_they_are_built():
    with pytest.raises(UsageError, match=r"layer 1 \(Squeeze\).*even H and W"):
        Chain([Squeeze(), Squeeze()]).output_shape((1, 6, 6))
    with pytest.raises(UsageError, match=r"stage 1.*2 channels.*\[4, 2, 2\]"):
        MultiScale((2, 4, 4), [Squeeze(), ActNorm(2)])
    with pytest.raises(UsageError, match="half of one channel"):
        MultiScale((1, 4, 4), [Logit(), Logit()])
    with pytest.raises(UsageError, match="its mask is for"):
        Chain([_coupling((1, 2, 2))]).output_shape((1, 4, 4))


def _coupling(shape):
    return Coupling(checkerboard(shape), torch.nn.Conv2d(1, 2, 1), Affine(1))


WRONG = [(4,), (4, 6), (3, 4, 6), (5, 4, 6)]


@pytest.mark.parametrize("method", ["forward", "inverse", "initialise", "__call__"])
@pytest.mark.parametrize("make", [ActNorm, Conv1x1, lambda channels: Chain([Conv1x1(channels), ActNorm(channels)])])
def test_a_layer_in_a_flow_over_images_refuses_anything_else(make, method):
    layer = make(7)
    for shape in WRONG:
        with pytest.raises(UsageError, match="it is for 7 channels but the input is"):
            getattr(layer, method)(torch.zeros(2, *shape))
    with pytest.raises(UsageError, match=r"a Coupling can't take \[2, 4\]: its mask is for \[1, 2, 2\]"):
        getattr(_coupling((1, 2, 2)), method)(torch.zeros(2, 4))


def test_actnorm_and_mixing_over_vectors():
    x = 5 + 3 * images(64, 4)
    layer, mixing = ActNorm(4).double(), Conv1x1(4).double()
    z = layer.initialise(x)
    assert torch.allclose(z.mean(0), torch.zeros(4).double(), atol=1e-9)
    assert torch.allclose(z.std(0, correction=0), torch.ones(4).double(), atol=1e-4)
    assert torch.allclose(mixing(x)[0], x @ mixing.weight.T)
    assert Chain([layer, mixing])(x)[1].shape == (64,)


@pytest.mark.parametrize("net", [torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.Conv2d(1, 2, 3)])
def test_a_coupling_refuses_a_net_of_another_shape(net):
    with pytest.raises(UsageError, match=r"must turn \[2, 1, 4, 4\] into \[2, 2, 4, 4\]"):
        Coupling(checkerboard((1, 4, 4)), net, Affine(1))(torch.rand(2, 1, 4, 4))


def test_a_coupling_refuses_what_is_no_transformer():
    with pytest.raises(UsageError, match=r"such as Affine\(1\), but is a Identity"):
        Coupling(checkerboard((1, 4, 4)), torch.nn.Conv2d(1, 2, 1), torch.nn.Identity())


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_coupling_refuses_an_affine_for_other_channels(channels):
    """Numbers a channel would be broadcast: to one bound for all, or to channels that the input has not."""
    layer = Coupling(checkerboard((3, 4, 4)), torch.nn.Conv2d(3, 6, 3, padding=1), Affine(channels))
    for call in (layer, layer.inverse):
        with pytest.raises(UsageError, match=rf"this Affine is for {channels} channels but theta is \[2, 6, 4, 4\]"):
            call(torch.zeros(2, 3, 4, 4))


def test_a_multiscale_of_no_stages_is_refused():
    with pytest.raises(UsageError, match="at least one stage"):
        MultiScale((1, 4, 4), [])


def test_a_coupling_begins_where_its_transformer_does_and_leaves_other_pixels_alone():
    mask = checkerboard((2, 4, 4))
    mixture = MixtureConfig(components=2, spread=1.5).build(2)
    net = torch.nn.Conv2d(2, 2 * mixture.parameters_per_number, 1)
    torch.nn.init.zeros_(net.weight)
    torch.nn.init.zeros_(net.bias)
    layer, x = Coupling(mask, net, mixture), images(3, 2, 4, 4)
    theta = layer.theta(x).reshape(3, mixture.parameters_per_number, 2, 4, 4)
    assert torch.equal(theta[:, 2], -1.5 * mask.transform.expand(3, 2, 4, 4))  # the first mean
    assert torch.equal(theta[:, 3], 1.5 * mask.transform.expand(3, 2, 4, 4))
    assert not theta[:, [0, 1, 4, 5, 6, 7]].any()
    z, _ = layer(x)
    assert torch.equal(z == x, mask.condition.expand(3, 2, 4, 4))
