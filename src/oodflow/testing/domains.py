"""The contract of a domain, as a test that anyone can run on one of their own."""

from functools import partial

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.flows import Domain, DomainConfig
from oodflow.testing.modules import leaving_no_trace, log_det_of, refuses

_N = 40


def check_domain(config: DomainConfig, shape: Shape = (1, 2, 3)) -> None:
    r"""Test that a domain keeps its contract.

    ``leave`` undoes ``enter``; of real tensors, what the way in adds to the log-probability is
    :math:`\log|\det \partial v / \partial x|`, with the determinant of the autograd Jacobian; each datum goes its way
    by itself; what is fitted depends on the data, however it is cut into chunks, and goes with the weights; a call
    leaves no trace; data of another shape or type is refused. Dequantisations have a contract of their own,
    :func:`~oodflow.testing.check_dequantisation`.

    Args:
        config: the domain's settings.
        shape: of one datum.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import RealsConfig
        >>> check_domain(RealsConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    for seed in range(3):
        x, noise = _data(config, shape, seed)
        domain = config.build(shape).double()
        domain.fit(torch.split(x, 7))
        _check_fitted(config, domain, x)
        with leaving_no_trace(domain), torch.no_grad():
            values, added = domain.enter(x, noise, 0, torch.float64)
        assert values.shape == x.shape, f"values have shape {tuple(values.shape)}: {tuple(x.shape)} is expected"
        alone, of_one = domain.enter(x[3:4], None if noise is None else noise[3:4], 0, torch.float64)
        assert torch.allclose(alone, values[3:4]), "a datum alone gets in another way than in a batch"
        added, of_one = (torch.as_tensor(each, dtype=torch.float64).expand(_N) for each in (added, of_one))
        assert torch.allclose(of_one[:1], added[3:4]), "a datum alone adds something else"
        back = domain.leave(values)
        assert back.dtype == x.dtype, f"leave gives {back.dtype}: {x.dtype} is expected"
        assert torch.allclose(back, x), "leave(enter(x)) is not x"
        if not config.is_images:
            _check_jacobian(domain, x[:5], added[:5])
        for wrong in (x[..., :-1], torch.cat([x, x], 1), x.float() if config.is_images else x.byte()):
            message = f"{wrong.dtype} {tuple(wrong.shape)} was taken by a domain of {shape}"
            assert refuses(partial(domain.enter, wrong, None, 0, torch.float64)), message


def _data(config: DomainConfig, shape: Shape, seed: int) -> tuple[Tensor, Tensor | None]:
    """Draw images and their noise, or real tensors of several units, some of which lie far out."""
    generator = torch.Generator().manual_seed(seed)
    if config.is_images:
        images = torch.randint(0, 256, (_N, *shape), dtype=torch.uint8, generator=generator)
        return images, torch.rand(images.shape, dtype=torch.float64, generator=generator)
    units, means = (torch.randn(shape, dtype=torch.float64, generator=generator) for _ in range(2))
    normals = torch.randn(_N, *shape, dtype=torch.float64, generator=generator)
    normals[::4] *= 30
    return 10 * means + units.exp() * normals, None


def _check_fitted(config: DomainConfig, domain: Domain, x: Tensor) -> None:
    whole, loaded = config.build(x.shape[1:]).double(), config.build(x.shape[1:]).double()
    whole.fit([x])
    loaded.load_state_dict(domain.state_dict())
    of_chunks, of_whole, of_loaded = (
        one.enter(x, torch.zeros(x.shape) if config.is_images else None, 0, torch.float64)[0]
        for one in (domain, whole, loaded)
    )
    assert torch.allclose(of_chunks, of_whole), "what is fitted depends on how the data is cut into chunks"
    assert torch.equal(of_chunks, of_loaded), "what is fitted does not go with the weights"


def _check_jacobian(domain: Domain, x: Tensor, added: Tensor) -> None:
    for datum, claimed in zip(x, added, strict=True):
        actual = log_det_of(lambda one: domain.enter(one[None], None, 0, torch.float64)[0][0], datum)
        assert torch.allclose(claimed, actual, rtol=1e-9, atol=1e-9), (
            f"the way in adds {claimed.item():.9g} but its Jacobian says {actual.item():.9g}"
        )
