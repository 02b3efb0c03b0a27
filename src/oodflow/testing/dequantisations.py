"""The contract of a dequantisation, as a test that anyone can run on one of their own."""

import math

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.flows import Dequantisation, DequantisationConfig
from oodflow.testing.modules import check_gradients, leaving_no_trace, log_det_of, randomise

_SHAPE = (1, 2, 2)  # few pixels, so that their noise can go through all of [0, 1)^D
_POINTS = 2**13


def check_dequantisation(config: DequantisationConfig, shape: Shape = _SHAPE) -> None:
    r"""Test that a dequantisation keeps its contract.

    :math:`u` stays in its cell, [0, 1), and depends on nothing but the image and its noise; :math:`q(u \mid x)` is the
    density that :math:`u` really has: :math:`-\log|\det \partial u / \partial \varepsilon|` with the determinant of the
    autograd Jacobian, and all of it, for of any function :math:`h` of a place

    .. math:: \mathbb{E}_{u \sim q} \left[ \frac{h(u)}{q(u \mid x)} \right] = \int_{[0, 1)^D} h(u) \, \mathrm{d} u;

    noise of 0, and the last below 1, give finite numbers; float32 computes the same function; every parameter has a
    gradient; a call leaves no trace.

    Args:
        config: the dequantisation's settings.
        shape: of the images, ``(C, H, W)``, of few pixels.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import UniformConfig
        >>> check_dequantisation(UniformConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    dequantisation = randomise(config.build(shape).double(), 0)
    points = torch.quasirandom.SobolEngine(math.prod(shape), scramble=True, seed=0)  # type: ignore[no-untyped-call]
    noise = points.draw(_POINTS, dtype=torch.float64).reshape(-1, *shape)
    for seed in range(3):
        image = torch.randint(0, 256, (1, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
        images = image.expand(noise.shape).contiguous()
        with leaving_no_trace(dequantisation), torch.no_grad():
            u, log_q = _drawn(dequantisation, images, noise)
        _check_density(u, log_q)
        _check_jacobian(dequantisation, images[:3], noise[:3], log_q[:3])
        alone = dequantisation(images[7:8], noise[7:8])[0]
        assert torch.allclose(alone, u[7:8], rtol=0, atol=1e-12), "an image alone gets another u than in a batch"
        single = config.build(shape)
        single.load_state_dict(dequantisation.state_dict())
        _check_float32(single, dequantisation, images[:1000], _with_ends(noise[:1000]).float())
    if [*dequantisation.parameters()]:
        u, log_q = _drawn(dequantisation, images[:9], _with_ends(noise[:9]))
        check_gradients(dequantisation, u.square().sum() + log_q.sum())


def _drawn(dequantisation: Dequantisation, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Call it, and check what holds of every call."""
    u, log_q = dequantisation(images, noise)
    assert u.shape == noise.shape, f"u has shape {tuple(u.shape)}: that of the images is expected"
    assert u.dtype == noise.dtype, f"u is {u.dtype}: {noise.dtype} is expected, as the noise is"
    assert 0 <= u.min() <= u.max() < 1, f"u goes from {u.min():.3g} to {u.max():.3g}: it leaves the pixel's cell"
    log_q = torch.as_tensor(log_q, dtype=noise.dtype)
    assert log_q.isfinite().all(), "log q is infinite or NaN for some noise"
    return u, log_q.expand(len(u))


def _check_density(u: Tensor, log_q: Tensor) -> None:
    """With h a bump that is 0 at the edges, for q may be 0 there, and its integral 1."""
    for times in (1, 2):
        bump = (2 * torch.sin(times * torch.pi * u).square()).flatten(1).prod(1)
        found = (bump * torch.exp(-log_q)).mean()
        assert abs(found - 1) < 0.01, f"an integral over u by q is {found:.4f} and should be 1: q is not u's density"


def _check_jacobian(dequantisation: Dequantisation, images: Tensor, noise: Tensor, log_q: Tensor) -> None:
    for image, place, claimed in zip(images, noise, log_q, strict=True):

        def u_of(one: Tensor, image: Tensor = image) -> Tensor:
            return dequantisation(image[None], one[None])[0][0]  # type: ignore[no-any-return]

        actual = -log_det_of(u_of, place)
        assert torch.allclose(claimed, actual, rtol=1e-9, atol=1e-9), (
            f"log q is {claimed.item():.9g} but the Jacobian of u gives {actual.item():.9g}: q is not u's density"
        )


def _check_float32(single: Dequantisation, double: Dequantisation, images: Tensor, noise: Tensor) -> None:
    with torch.no_grad():
        (u, log_q), (exact, exact_log_q) = _drawn(single, images, noise), _drawn(double, images, noise.double())
    assert torch.allclose(u.double(), exact, rtol=0, atol=1e-5), "float32 and float64 disagree on u"
    assert torch.allclose(log_q.double(), exact_log_q, rtol=1e-4, atol=1e-3), "float32 and float64 disagree on log q"


def _with_ends(noise: Tensor) -> Tensor:
    """Let the noise of the first image be 0, and of the second the last float32 below 1."""
    ends = torch.tensor([0.0, 1 - 2.0**-24]).to(noise).reshape(-1, *[1] * (noise.dim() - 1))
    return torch.cat([ends.expand(2, *noise.shape[1:]), noise[2:]])
