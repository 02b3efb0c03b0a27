"""The contract of a bijection, as a test that anyone can run on a bijection of their own."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from oodflow.bijections import Bijection, Shape
from oodflow.errors import UsageError
from oodflow.testing.modules import check_gradients, leaving_no_trace, log_det_of, randomise, refuses

_SHAPES: tuple[Shape, ...] = ((2, 4, 6), (4, 2, 4))  # never square: a swapped axis shows


def check_bijection(make: Callable[[Shape], Bijection], shapes: tuple[Shape, ...] = _SHAPES) -> None:
    """Test that a bijection keeps its contract, with random parameters and inputs in float64.

    Both log-determinants are compared with ``slogdet`` of the autograd Jacobian, not with each other: a wrong sign or
    factor cancels between forward and inverse. Beside that: the inverse inverts, in both orders; dtype and device are
    kept; an image's result does not depend on its neighbours; a batch of none is a batch; a call leaves no trace; the
    state-dict carries everything, data-dependent initialisation too; a layer that only moves numbers says so; every
    parameter has a finite gradient; ``pull_back`` finds the input and the gradients that autograd finds going forward;
    an input of another shape is refused, or is mapped to what ``output_shape`` and ``input_shape`` say.

    Args:
        make: builds the bijection for images ``(C, H, W)``; its domain must include [0.05, 0.95].
        shapes: for which shapes to test it, such as those of vectors, ``(4,)``.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.bijections import Squeeze
        >>> check_bijection(lambda shape: Squeeze())
    """
    for seed, shape in enumerate(shapes):
        bijection = randomise(make(shape).double(), seed).eval()
        x = 0.05 + 0.9 * torch.rand(3, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        with leaving_no_trace(bijection):
            z, log_det = bijection(x)
            bijection.inverse(z)
            bijection.pull_back(z, z, log_det)
        _check_shapes(bijection, x, z, log_det)
        _check_jacobian(bijection.forward, x, "forward")
        _check_jacobian(bijection.inverse, z.detach(), "inverse")
        _check_round_trip(bijection, x, z)
        _check_rearrangement(bijection, x, z)
        _check_pull_back(bijection, x)
        _check_other_shapes(bijection, x, z.detach())
        _check_each_image_alone(bijection, x)
        _check_float32(make(shape), bijection, x)
        _check_state(make, shape, x)
        _check_device(make(shape).eval(), x.float())
        x.requires_grad_()
        z, log_det = bijection(x)
        # Random weights: what has a gradient in the sum of squares may have none in the log-determinant, and vice versa
        check_gradients(bijection, (z * torch.linspace(0.5, 1.5, z.numel()).reshape(z.shape)).sum() + log_det.sum(), x)


def _check_shapes(bijection: Bijection, x: Tensor, z: Tensor, log_det: Tensor) -> None:
    expected = bijection.output_shape(tuple(x.shape[1:]))
    assert tuple(z.shape[1:]) == tuple(expected), f"output_shape says {expected} but forward gives {tuple(z.shape[1:])}"
    assert log_det.shape == (len(x),), f"log_det has shape {tuple(log_det.shape)}: one number an image is expected"
    assert z.dtype == log_det.dtype == x.dtype, f"dtype {x.dtype} became {z.dtype} and {log_det.dtype}"
    assert z.device == log_det.device == x.device, "the device changed"


def _check_other_shapes(bijection: Bijection, x: Tensor, z: Tensor) -> None:
    """A layer says what it takes in ``output_shape`` and ``input_shape``; with that its calls have to agree."""
    back = bijection.input_shape(tuple(z.shape[1:]))
    assert tuple(back) == tuple(x.shape[1:]), f"input_shape says {back} but forward took {tuple(x.shape[1:])}"
    bijection = copy.deepcopy(bijection)
    for name, says, right in (
        ("forward", "output_shape", x), ("initialise", "output_shape", x), ("inverse", "input_shape", z),
    ):  # fmt: skip
        call = getattr(bijection, name)
        for other in _others(right):
            shape = tuple(other.shape[1:])
            try:
                expected = tuple(getattr(bijection, says)(shape))
            except UsageError:
                taken = not refuses(lambda other=other, call=call: call(other))  # type: ignore[misc]
                assert not taken, f"{name} takes an input of shape {shape}, which {says} refuses"
                continue
            try:
                result = call(other)
            except (RuntimeError, ValueError, IndexError) as error:
                raise AssertionError(f"{says} has nothing against the shape {shape}, but {name} fails") from error
            value = result if name == "initialise" else result[0]
            assert value.shape == (len(other), *expected), (
                f"{says} makes {expected} of {shape} but {name} gives {tuple(value.shape[1:])}"
            )


def _others(x: Tensor) -> list[Tensor]:
    """The same numbers with channels less, a channel more, a column less, and in other numbers of dimensions."""
    fewer = [x[:, :-n] for n in (1, 2) if n < x.shape[1]]
    ranks = [x[:, 0], x.flatten(1)] if x.dim() > 2 else [x[..., None, None]]
    return [*fewer, torch.cat([x, x[:, :1]], 1), x[..., :-1], x[..., None], *ranks]


def _check_jacobian(function: Callable[[Tensor], tuple[Tensor, Tensor]], inputs: Tensor, direction: str) -> None:
    _, log_det = function(inputs)
    for image, claimed in zip(inputs, log_det, strict=True):
        actual = log_det_of(lambda one: function(one[None])[0][0], image)
        assert torch.allclose(claimed, actual, rtol=1e-9, atol=1e-9), (
            f"{direction} claims a log-determinant of {claimed.item():.9g} but its Jacobian's is {actual.item():.9g}"
        )


def _check_round_trip(bijection: Bijection, x: Tensor, z: Tensor) -> None:
    back, _ = bijection.inverse(z)
    assert torch.allclose(back, x, rtol=0, atol=1e-9), f"inverse(forward(x)) is off by {(back - x).abs().max():.3g}"
    again, _ = bijection.forward(back)
    assert torch.allclose(again, z, rtol=0, atol=1e-8), f"forward(inverse(z)) is off by {(again - z).abs().max():.3g}"


def _check_rearrangement(bijection: Bijection, x: Tensor, z: Tensor) -> None:
    same = torch.equal(z.flatten(1).sort(1).values, x.flatten(1).sort(1).values)
    claimed = bijection.rearranges
    assert same or not claimed, "it claims that it only rearranges numbers, but changes them: set rearranges to False"
    # A composition answers by its parts.
    whole = any(isinstance(part, Bijection) for part in bijection.modules() if part is not bijection)
    moved = same and not torch.equal(z.flatten(1), x.flatten(1))
    assert claimed or whole or not moved, "it only rearranges numbers: say so with rearranges = True"


def _check_pull_back(bijection: Bijection, x: Tensor) -> None:
    x = x.clone().requires_grad_()
    z, log_det = bijection(x)
    generator = torch.Generator().manual_seed(0)
    grad_z, grad_log_det = (torch.randn(t.shape, dtype=t.dtype, generator=generator) for t in (z, log_det))
    back, grad_x, gradients = bijection.pull_back(z.detach(), grad_z, grad_log_det)
    assert torch.allclose(back, x, rtol=0, atol=1e-9), f"pull_back finds an x that is off by {(back - x).abs().max()}"
    parameters = dict(bijection.named_parameters())
    loss = (grad_z * z).sum() + (grad_log_det * log_det).sum()
    expected = torch.autograd.grad(loss, [x, *parameters.values()], materialize_grads=True)
    found = [grad_x, *(gradients.get(parameter, torch.zeros_like(parameter)) for parameter in parameters.values())]
    for name, one, other in zip(["the input", *parameters], found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-8, atol=1e-9), f"pull_back finds another gradient of {name}"


def _check_each_image_alone(bijection: Bijection, x: Tensor) -> None:
    z, log_det = bijection(x)
    for i in range(len(x)):
        alone, alone_log_det = bijection(x[i : i + 1])
        same = torch.allclose(alone[0], z[i]) and torch.allclose(alone_log_det[0], log_det[i])
        assert same, "an image alone gives another result than in a batch"
    for direction, inputs, outputs in ((bijection.forward, x, z), (bijection.inverse, z, x)):
        none, log_det_of_none = direction(inputs[:0])
        same = none.shape == outputs[:0].shape and log_det_of_none.shape == (0,)
        assert same, f"a batch of none gives shapes {tuple(none.shape)} and {tuple(log_det_of_none.shape)}"


def _check_float32(single: Bijection, double: Bijection, x: Tensor) -> None:
    single.load_state_dict(double.state_dict())
    z, log_det = single.eval()(x.float())
    assert z.dtype == log_det.dtype == torch.float32, f"float32 became {z.dtype} and {log_det.dtype}"
    exact, exact_log_det = double(x)
    assert torch.allclose(z.double(), exact, rtol=1e-3, atol=1e-3), "float32 and float64 disagree"
    assert torch.allclose(log_det.double(), exact_log_det, rtol=1e-3, atol=1e-2), "float32 and float64 disagree"


def _check_device(bijection: Bijection, x: Tensor) -> None:
    """On the ``meta`` device, which has shapes but no numbers: a tensor made on the CPU shows there without a GPU."""
    try:
        z, log_det = bijection.to("meta")(x.to("meta"))
        back, back_log_det = bijection.inverse(z)
    except RuntimeError as error:
        raise AssertionError(f"the bijection mixes devices: {error}") from error
    devices = {tensor.device.type for tensor in (z, log_det, back, back_log_det)}
    assert devices == {"meta"}, f"the device changed to {devices}: make new tensors with x.new_zeros and the like"


def _check_state(make: Callable[[Shape], Bijection], shape: Shape, x: Tensor) -> None:
    """Initialisation happens once, returns what forward returns, and travels in the state-dict."""
    first, second = make(shape).double().eval(), make(shape).double().eval()
    returned = first.initialise(x)
    assert torch.allclose(returned, first(x)[0]), "initialise must return forward(x)[0]"
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x)[0], second(x)[0]), "the state-dict does not carry everything"
    second.initialise(x + 0.01)
    for name, tensor in second.state_dict().items():
        assert torch.equal(tensor, first.state_dict()[name]), f"loading and initialising again changed {name}"
