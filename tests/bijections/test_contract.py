"""Every registered bijection and mask keeps the contract, and the contract catches those that do not."""

from itertools import product

import pytest
import torch
from torch import nn

from oodflow.bijections import (
    BIJECTIONS,
    MASKS,
    ActNorm,
    AffineCoupling,
    Bijection,
    Chain,
    Conv1x1,
    Logit,
    Squeeze,
    checkerboard,
)
from oodflow.bijections.masks import Mask
from oodflow.testing.bijections import check_bijection


def conv_net(mask: Mask) -> nn.Module:
    return nn.Sequential(nn.Conv2d(mask.in_channels, 2 * mask.out_channels, 3, padding=1), nn.Tanh())


@pytest.mark.parametrize("name", BIJECTIONS)
def test_bijection_keeps_the_contract(name):
    torch.manual_seed(0)
    check_bijection(BIJECTIONS[name])


@pytest.mark.parametrize(("name", "reverse"), list(product(MASKS, (False, True))))
def test_coupling_keeps_the_contract_with_every_mask(name, reverse):
    torch.manual_seed(0)

    def make(shape):
        mask = MASKS[name](shape, reverse)
        return AffineCoupling(mask, conv_net(mask))

    check_bijection(make)


@pytest.mark.parametrize(("name", "reverse"), list(product(MASKS, (False, True))))
def test_coupling_changes_just_what_the_mask_says(name, reverse):
    torch.manual_seed(1)
    mask = MASKS[name]((4, 4, 6), reverse)
    coupling = AffineCoupling(mask, conv_net(mask))
    x = torch.rand(2, 4, 4, 6)
    changed = coupling(x)[0] != x
    assert torch.equal(changed, mask.transform.expand_as(changed))
    moved = x + mask.transform * torch.rand(2, 4, 4, 6)  # what is hidden must not be seen
    assert all(
        torch.equal(a, b) for a, b in zip(coupling.scale_and_shift(x), coupling.scale_and_shift(moved), strict=True)
    )


@pytest.mark.parametrize("name", MASKS)
def test_reverse_swaps_what_is_seen_and_what_is_changed(name):
    mask, reverse = (MASKS[name]((4, 4, 6), reverse) for reverse in (False, True))
    assert torch.equal(mask.condition, reverse.transform)
    assert torch.equal(mask.transform, reverse.condition)


class Broken(Bijection):
    """A bijection whose forward and inverse go through functions that a test may spoil."""

    def __init__(self, inner: Bijection, forward=None, inverse=None) -> None:
        super().__init__()
        self.inner = inner
        self._spoil_forward = forward or (lambda value, log_det: (value, log_det))
        self._spoil_inverse = inverse or (lambda value, log_det: (value, log_det))

    def forward(self, x):
        return self._spoil_forward(*self.inner(x))

    def inverse(self, z):
        return self._spoil_inverse(*self.inner.inverse(z))

    def output_shape(self, shape):
        return self.inner.output_shape(shape)

    def initialise(self, x):
        return self._spoil_forward(self.inner.initialise(x), x.new_zeros(len(x)))[0]


def both(spoil):
    return {"forward": spoil, "inverse": spoil}


@pytest.mark.parametrize(
    "spoil",
    [
        both(lambda value, log_det: (value, -log_det)),  # a sign, in both directions: they still cancel
        both(lambda value, log_det: (value, 2 * log_det)),  # a factor
        both(lambda value, log_det: (value, log_det * 0)),
        {"forward": lambda value, log_det: (2 * value, log_det)},  # not inverted
        {"inverse": lambda value, log_det: (value, log_det * 0.5)},
        {"forward": lambda value, log_det: (value, log_det.sum())},  # summed over the batch
        {"forward": lambda value, log_det: (value.float(), log_det.float())},
        {"forward": lambda value, log_det: (value - value.mean(0), log_det)},  # looks at its neighbours
    ],
)
@pytest.mark.parametrize(
    "inner", [lambda shape: Logit(), lambda shape: ActNorm(shape[0]), lambda shape: Conv1x1(shape[0])]
)
def test_contract_notices(spoil, inner):
    with pytest.raises(AssertionError):
        check_bijection(lambda shape: Broken(inner(shape), **spoil))


def test_contract_notices_a_mask_that_shows_what_is_changed():
    class Leaky(Mask):
        def show(self, x):
            return x

    def make(shape):
        honest = checkerboard(shape)
        return AffineCoupling(Leaky(honest.condition, honest.transform), conv_net(honest))

    with pytest.raises(AssertionError, match=r"log-determinant|off by"):
        check_bijection(make)


def test_contract_notices_a_mask_that_changes_what_is_shown():
    class Spilling(Mask):
        def place(self, y):
            return y

    def make(shape):
        honest = checkerboard(shape)
        return AffineCoupling(Spilling(honest.condition, honest.transform), conv_net(honest))

    with pytest.raises(AssertionError, match=r"log-determinant|off by"):
        check_bijection(make)


def test_contract_notices_memory():
    class Remembering(Squeeze):
        def forward(self, x):
            self.seen = x.shape
            return super().forward(x)

    with pytest.raises(AssertionError, match="remember nothing"):
        check_bijection(lambda shape: Remembering())


def test_contract_notices_an_initialisation_that_is_not_saved():
    class Forgetful(ActNorm):
        def __init__(self, channels):
            super().__init__(channels)
            self.register_buffer("initialised", torch.tensor(False), persistent=False)

    with pytest.raises(AssertionError, match="initialising again"):
        check_bijection(lambda shape: Forgetful(shape[0]))


def test_contract_notices_a_dead_parameter():
    class Dead(Squeeze):
        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(1))

    with pytest.raises(AssertionError, match="dead"):
        check_bijection(lambda shape: Chain([Dead()]))
