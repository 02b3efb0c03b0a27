"""Every registered bijection and mask keeps the contract, and the contract catches those that do not."""

from itertools import product

import pytest
import torch
from torch import nn

from oodflow.bijections import (
    BIJECTIONS,
    MASKS,
    ActNorm,
    Bijection,
    Chain,
    Conv1x1,
    Coupling,
    Logit,
    Mask,
    Patchify,
    Squeeze,
    checkerboard,
)
from oodflow.errors import UsageError
from oodflow.testing.bijections import check_bijection
from oodflow.transformers import TRANSFORMERS, Affine


def conv_net(mask: Mask, each: int = 2) -> nn.Module:
    return nn.Sequential(nn.Conv2d(mask.in_shape[0], each * mask.out_channels, 3, padding=1), nn.Tanh())


TURNS = range(4)
"""After four turns every mask begins anew."""


def coupling(name, shape, turn, transformer="affine"):
    mask = MASKS[name](shape, turn)
    mapping = TRANSFORMERS[transformer]().build(mask.out_channels)
    return Coupling(mask, conv_net(mask, mapping.parameters_per_number), mapping)


@pytest.mark.parametrize("name", BIJECTIONS)
def test_bijection_keeps_the_contract(name):
    torch.manual_seed(0)
    check_bijection(BIJECTIONS[name])


@pytest.mark.parametrize("name", BIJECTIONS)
def test_bijection_keeps_the_contract_over_vectors_or_refuses_them(name):
    torch.manual_seed(0)
    try:
        BIJECTIONS[name]((4,)).output_shape((4,))
    except UsageError:
        assert name not in ("actnorm", "conv1x1", "coupling", "logit")
    else:
        check_bijection(BIJECTIONS[name], shapes=((4,), (7,)))


@pytest.mark.parametrize(("name", "turn"), list(product(MASKS, TURNS)))
def test_coupling_keeps_the_contract_with_every_mask(name, turn):
    torch.manual_seed(0)
    check_bijection(lambda shape: coupling(name, shape, turn), shapes=((2, 4, 6), (4, 5, 4)))


@pytest.mark.parametrize(("name", "transformer"), list(product(MASKS, TRANSFORMERS)))
def test_coupling_keeps_the_contract_with_every_transformer(name, transformer):
    torch.manual_seed(0)
    check_bijection(lambda shape: coupling(name, shape, 1, transformer), shapes=((2, 5, 4),))


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_coupling_over_vectors_keeps_the_contract_with_every_transformer(transformer):
    torch.manual_seed(0)

    def make(shape):
        mask = MASKS["channelwise"](shape, 0)
        mapping = TRANSFORMERS[transformer]().build(mask.out_channels)
        outputs = mapping.parameters_per_number * mask.out_channels
        return Coupling(mask, nn.Linear(*mask.in_shape, outputs), mapping)

    check_bijection(make, shapes=((5,), (2,)))


@pytest.mark.parametrize("name", MASKS)
def test_coupling_keeps_the_contract_in_patches(name):
    torch.manual_seed(0)

    def make(shape):
        channels, height, width = shape
        return Patchify(coupling(name, (channels, height // 2, width // 2), 0), rows=2, columns=2)

    check_bijection(make, shapes=((2, 4, 8), (3, 8, 4)))


@pytest.mark.parametrize(("name", "turn", "transformer"), list(product(MASKS, TURNS, TRANSFORMERS)))
def test_coupling_changes_just_what_the_mask_says(name, turn, transformer):
    torch.manual_seed(1)
    layer = coupling(name, (4, 4, 6), turn, transformer)
    mask = layer.mask
    x = torch.rand(2, 4, 4, 6)
    z, _ = layer(x)
    assert torch.equal(z != x, mask.transform.expand_as(x))
    assert torch.equal(layer.inverse(x)[0] != x, mask.transform.expand_as(x))
    _, log_derivative = layer.transform(x, layer.theta(x))
    assert torch.equal(log_derivative != 0, mask.transform.expand_as(x))
    moved = x + ~mask.condition * torch.rand(2, 4, 4, 6)  # what is hidden must not be seen
    assert torch.equal(layer.theta(x), layer.theta(moved))


@pytest.mark.parametrize("shape", [(4, 4, 6), (2, 7, 5)])
@pytest.mark.parametrize("name", MASKS)
def test_in_the_course_of_the_turns_a_mask_shows_and_changes_everything(name, shape):
    masks = [MASKS[name](shape, turn) for turn in TURNS]
    assert torch.stack([mask.condition for mask in masks]).any(0).all()
    assert torch.stack([mask.transform for mask in masks]).any(0).all()
    again = MASKS[name](shape, 4)
    assert torch.equal(again.condition, masks[0].condition)
    assert torch.equal(again.transform, masks[0].transform)


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


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x, grad_x, gradients: (2 * x, grad_x, gradients),
        lambda x, grad_x, gradients: (x, grad_x * 0, gradients),
        lambda x, grad_x, gradients: (x, grad_x, {}),
        lambda x, grad_x, gradients: (x, grad_x, {p: 2 * grad for p, grad in gradients.items()}),
    ],
)
def test_contract_notices_a_gradient_that_is_pulled_back_wrongly(spoil):
    class Wrong(ActNorm):
        def pull_back(self, z, grad_z, grad_log_det):
            return spoil(*super().pull_back(z, grad_z, grad_log_det))

    with pytest.raises(AssertionError, match="pull_back"):
        check_bijection(lambda shape: Wrong(shape[0]))


def test_contract_notices_a_mask_that_shows_what_is_changed():
    class Leaky(Mask):
        def show(self, x):
            return x

    def make(shape):
        honest = checkerboard(shape)
        return Coupling(Leaky(honest.condition, honest.transform), conv_net(honest), Affine(honest.out_channels))

    with pytest.raises(AssertionError, match=r"log-determinant|off by"):
        check_bijection(make)


def test_contract_notices_a_mask_that_changes_what_is_shown():
    class Spilling(Mask):
        def only_changed(self, y):
            return y

    def make(shape):
        honest = checkerboard(shape)
        return Coupling(Spilling(honest.condition, honest.transform), conv_net(honest), Affine(honest.out_channels))

    with pytest.raises(AssertionError, match=r"log-determinant|off by"):
        check_bijection(make)


@pytest.mark.parametrize(
    ("method", "wrong", "message"),
    [
        ("output_shape", lambda shape: shape, "output_shape says"),
        ("input_shape", lambda shape: shape, "input_shape says"),
        ("input_shape", lambda shape: (shape[0] // 4, 2 * shape[1], 2 * shape[2]), "has nothing against|makes|refuses"),
    ],
)
def test_contract_notices_a_layer_that_says_wrongly_what_it_takes(method, wrong, message):
    class Wrong(Squeeze):
        pass

    setattr(Wrong, method, lambda self, shape: wrong(shape))
    with pytest.raises(AssertionError, match=message):
        check_bijection(lambda shape: Wrong())


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
