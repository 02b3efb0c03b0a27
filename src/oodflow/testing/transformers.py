"""The contract of a transformer, as a test that anyone can run on one of their own."""

import torch
from torch import Tensor

from oodflow.testing.modules import leaving_no_trace, randomise
from oodflow.transformers import Transformer, TransformerConfig

_SHAPES = ((2, 9, 7), (3, 101))  # images and vectors; never square: a swapped axis shows


def check_transformer(config: TransformerConfig) -> None:
    r"""Test that a transformer keeps its contract, with random parameters and inputs in float64.

    Each number's derivative is compared with autograd's, and is positive; no number depends on another; the inverse
    inverts, in both orders, far out in the tails too; zero parameters make it the identity, to the last digit;
    float32 agrees; it works under ``torch.vmap``; every parameter makes a difference; ``pull_back`` finds the input and
    the gradients that autograd finds going forward; what it predicts is where it is zero; a call leaves no
    trace; settings survive a JSON round trip.

    Args:
        config: the transformer's settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.transformers import AffineConfig
        >>> check_transformer(AffineConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    assert config.description, "it has a description"
    for seed, (channels, *pixels) in enumerate(_SHAPES):
        transformer = randomise(config.build(channels).double(), seed).eval()
        generator = torch.Generator().manual_seed(seed)
        outputs = transformer.parameters_per_number * channels
        x = 2 * torch.randn(4, channels, *pixels, dtype=torch.float64, generator=generator)
        theta = torch.randn(4, outputs, *pixels, dtype=torch.float64, generator=generator)
        with leaving_no_trace(transformer):
            z, log_derivative = transformer(x, theta)
            transformer.inverse(z, theta)
            transformer.pull_back(z, theta, z, z)
        _check_values(x, z, log_derivative)
        _check_derivative(transformer, x, theta)
        _check_each_number_alone(transformer, x, theta)
        _check_inverse(transformer, x, theta)
        _check_inverse(transformer, 1e3 * x, theta)
        _check_identity(transformer, x, theta)
        _check_pull_back(transformer, x, theta)
        _check_prediction(transformer, theta)
        _check_float32(config.build(channels), transformer, x, theta)
        _check_vmap(transformer, x, theta)


def _check_values(x: Tensor, z: Tensor, log_derivative: Tensor) -> None:
    for name, values in (("z", z), ("the log-derivative", log_derivative)):
        assert values.shape == x.shape, f"{name} has shape {tuple(values.shape)}: one number each is expected"
        assert values.dtype == x.dtype, f"dtype {x.dtype} became {values.dtype}"
        assert values.isfinite().all(), f"{name} is not finite"


def _check_derivative(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    for name, direction in (("forward", transformer.forward), ("inverse", transformer.inverse)):
        inputs = x.clone().requires_grad_()
        values, claimed = direction(inputs, theta)
        (actual,) = torch.autograd.grad(values.sum(), inputs)
        assert (actual > 0).all(), f"{name} is not increasing"
        assert torch.allclose(claimed, actual.log(), rtol=1e-7, atol=1e-7), (
            f"{name} claims log-derivatives that are off by {(claimed - actual.log()).abs().max():.3g}"
        )


def _check_each_number_alone(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    """The parameters of a number lie one behind the other: the first of all channels, then the second."""
    each, channels = transformer.parameters_per_number, x.shape[1]
    parts = theta.reshape(len(theta), each, *x.shape[1:])
    z, _ = transformer(x, theta)
    other = torch.ones_like(x, dtype=torch.bool)
    place = (1, channels - 1, *(n // 2 for n in x.shape[2:]))
    other[place] = False
    moved, _ = transformer(x + other, torch.where(other.unsqueeze(1), 0.5 * parts, parts).reshape(theta.shape))
    assert torch.equal(moved[place], z[place]), "a number depends on others, or on what belongs to them"
    theta = theta.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(transformer(x, theta)[0].sum(), theta)
    used = gradient.reshape(parts.shape).flatten(2).transpose(1, 2).reshape(-1, each).abs().sum(0) > 0
    assert used.all(), f"parameters {(~used).nonzero().flatten().tolist()} make no difference"


def _check_inverse(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    for name, there, back in (
        ("inverse(forward(x))", transformer.forward, transformer.inverse),
        ("forward(inverse(z))", transformer.inverse, transformer.forward),
    ):
        values, log_derivative = there(x, theta)
        again, log_derivative_back = back(values, theta)
        # Where it is flat, what a digit of its value is worth is more.
        rounding = 1e-12 * (1 + x.abs() + values.abs()) * (1 + log_derivative_back.exp())
        assert ((again - x).abs() <= rounding).all(), f"{name} is off by {(again - x).abs().max():.3g}"
        assert torch.allclose(log_derivative_back, -log_derivative, rtol=1e-7, atol=1e-7), (
            "forward and inverse disagree on their derivatives"
        )


def _check_identity(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    for direction in (transformer.forward, transformer.inverse):
        value, log_derivative = direction(x, torch.zeros_like(theta))
        assert torch.equal(value, x), f"zero parameters change x by {(value - x).abs().max():.3g}: 0 is expected"
        assert not log_derivative.any(), "the log-derivative of zero parameters is not 0"


def _check_pull_back(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    x, theta = x.clone().requires_grad_(), theta.clone().requires_grad_()
    outputs = transformer(x, theta)
    generator = torch.Generator().manual_seed(0)
    grads = [torch.randn(out.shape, dtype=out.dtype, generator=generator) for out in outputs]
    back, grad_x, grad_theta, gradients = transformer.pull_back(outputs[0].detach(), theta.detach(), *grads)
    parameters = dict(transformer.named_parameters())
    loss = sum((grad * out).sum() for grad, out in zip(grads, outputs, strict=True))
    expected = torch.autograd.grad(loss, [x, theta, *parameters.values()], materialize_grads=True)
    found = [grad_x, grad_theta, *(gradients.get(p, torch.zeros_like(p)) for p in parameters.values())]
    assert torch.allclose(back, x, rtol=1e-9, atol=1e-9), "pull_back finds another x"
    for name, one, other in zip(["x", "theta", *parameters], found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-6, atol=1e-7), f"pull_back finds another gradient of {name}"


def _check_prediction(transformer: Transformer, theta: Tensor) -> None:
    zero, _ = transformer(transformer.prediction(theta), theta)
    assert torch.allclose(zero, torch.zeros_like(zero), rtol=0, atol=1e-9), "the prediction is not mapped to zero"


def _check_float32(single: Transformer, double: Transformer, x: Tensor, theta: Tensor) -> None:
    single.load_state_dict(double.state_dict())
    for direction, exactly in ((single.eval().forward, double.forward), (single.inverse, double.inverse)):
        value, log_derivative = direction(x.float(), theta.float())
        exact, exact_log_derivative = exactly(x, theta)
        assert value.dtype == log_derivative.dtype == torch.float32, f"float32 became {value.dtype}"
        assert torch.allclose(value.double(), exact, rtol=1e-3, atol=1e-3), "float32 and float64 disagree"
        assert torch.allclose(log_derivative.double(), exact_log_derivative, rtol=1e-2, atol=1e-2), (
            "float32 and float64 disagree on the log-derivative"
        )


def _check_vmap(transformer: Transformer, x: Tensor, theta: Tensor) -> None:
    def gradient(one: Tensor, parameters: Tensor) -> Tensor:
        return transformer(one[None], parameters[None])[0].square().sum()  # type: ignore[no-any-return]

    found = torch.vmap(torch.func.grad(gradient, argnums=1))(x, theta)
    theta = theta.clone().requires_grad_()
    (expected,) = torch.autograd.grad(transformer(x, theta)[0].square().sum(), theta)
    assert torch.allclose(found, expected, rtol=1e-9, atol=1e-9), "under vmap it has other gradients"
