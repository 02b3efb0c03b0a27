"""The contract of a flow, as a test that anyone can run on a flow of their own."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from oodflow.bijections import Shape
from oodflow.flows import Domain, Flow, FlowConfig, Images, LogProbOfOne, dequantise, image_noise, load_flow, save_flow
from oodflow.testing.flow_modules import check_module
from oodflow.testing.modules import check_gradients, leaving_no_trace, log_det_of, randomise, refuses

_SHAPES: dict[int, tuple[Shape, ...]] = {3: ((1, 8, 4), (3, 4, 8)), 1: ((4,), (7,))}


def check_flow(config: FlowConfig, shapes: tuple[Shape, ...] | None = None) -> None:
    r"""Test that a flow keeps its contract.

    ``log_prob`` is :math:`\log p_Z(z) + \log|\det \partial z / \partial v|`, for 8-bit images less
    :math:`D \log 256 + \log q(u \mid x)`, with the determinant of the autograd Jacobian, in float64; ``decode`` undoes
    ``encode``, in float32 too; samples and noise belong to their seed, noise given to the caller; what comes as an
    array goes as one; the result of one datum does not depend on its neighbours; a call leaves no trace; a saved flow
    is the same flow; it is a module like others, for batches of none, hooks, copies, pickles, ``functional_call`` and
    ``vmap``; wrong data, noise outside of [0, 1) and half precision are refused; the gradients of each datum, for
    parameters and values, are what ``torch.func`` finds for all at once.

    Args:
        config: the flow's settings; keep it small, its Jacobian is computed.
        shapes: for which shapes of data to test it; none: some of the flow's rank.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import GlowConfig
        >>> check_flow(GlowConfig(steps=1, width=2), shapes=((1, 4, 4),))
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    for seed, shape in enumerate(shapes or _SHAPES[config.rank]):
        flow = config.build(shape).double().eval()
        x, noise = _data(flow.domain, seed)
        flow.initialise(x, noise=noise)
        randomise(flow, seed)
        with leaving_no_trace(flow):
            log_prob = flow.log_prob(x, noise=noise)
        _check_log_prob(flow, x, noise, log_prob)
        _check_decode(flow, x, noise)
        _check_float32(flow, config, x, noise)
        _check_samples(flow, x.dtype)
        _check_noise(flow, x, noise)
        _check_arrays(flow, x, noise)
        check_module(flow, x, noise)
        _check_saved(flow, config, x, noise)
        _check_refusals(flow, x)
        check_gradients(flow, -log_prob.mean())
        _check_gradients_of_each(flow, x, noise)


def _data(domain: Domain, seed: int) -> tuple[Tensor, Tensor | None]:
    """Draw three images and their noise, or three real tensors, which have none."""
    generator = torch.Generator().manual_seed(seed)
    if not domain.is_images:
        return torch.randn(3, *domain.shape, dtype=torch.float64, generator=generator), None
    images = torch.randint(0, 256, (3, *domain.shape), dtype=torch.uint8, generator=generator)
    return images, torch.rand(images.shape, dtype=torch.float64, generator=generator)


def _values(flow: Flow, x: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
    """What goes into the bijection, and what that adds to the log-probability, from the definition."""
    if not isinstance(flow.domain, Images):  # real tensors: `check_domain` judges them
        values, added = flow.domain.enter(x, None, 0, torch.float64)
        return values, torch.as_tensor(added, dtype=torch.float64).expand(len(x))
    assert noise is not None
    u, log_q = flow.domain.dequantisation(x, noise)
    return dequantise(x, u), (0.0 - log_q) - flow.dims * torch.full((len(x),), 256.0, dtype=torch.float64).log()


def _check_log_prob(flow: Flow, x: Tensor, noise: Tensor | None, log_prob: Tensor) -> None:
    for value, added, claimed in zip(*_values(flow, x, noise), log_prob, strict=True):
        z = flow.bijection(value[None])[0]
        log_det = log_det_of(lambda one: flow.bijection(one[None])[0][0], value)
        actual = flow.prior.log_prob(z)[0] + log_det + added
        assert torch.allclose(claimed, actual, rtol=1e-9, atol=1e-8), (
            f"log_prob is {claimed.item():.9g} but prior, Jacobian and constant give {actual.item():.9g}"
        )
    alone = flow.log_prob(x[1:2], noise=None if noise is None else noise[1:2])
    assert torch.allclose(alone[0], log_prob[1]), "one alone has another log_prob than in a batch"


def _check_decode(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    z, log_det = flow.encode(x, noise=noise)
    assert z.shape == (len(x), flow.dims), f"z has shape {tuple(z.shape)}: flat latents are expected"
    assert log_det.shape == (len(x),), f"log_det has shape {tuple(log_det.shape)}"
    back = flow.decode(z)
    assert back.dtype == x.dtype, f"decode gives {back.dtype}: {x.dtype} is expected"
    same = torch.equal(back, x) if noise is not None else torch.allclose(back, x, rtol=0, atol=1e-9)
    assert same, "decode(encode(x)) is not x"


def _check_float32(flow: Flow, config: FlowConfig, x: Tensor, noise: Tensor | None) -> None:
    single = config.build(flow.shape).eval()
    single.load_state_dict(flow.state_dict())
    _check_decode(single, x, noise)
    exact, rounded = flow.log_prob(x, noise=noise), single.log_prob(x, noise=noise)
    assert rounded.dtype == torch.float32, f"log_prob of a float32 flow is {rounded.dtype}"
    assert torch.allclose(rounded.double(), exact, rtol=1e-4, atol=1e-2), "float32 and float64 disagree"


def _check_samples(flow: Flow, dtype: torch.dtype) -> None:
    first, again = flow.sample(4, seed=5), flow.sample(4, seed=torch.Generator().manual_seed(5))
    assert first.dtype == dtype, f"samples are {first.dtype}: {dtype} is expected"
    assert first.shape == (4, *flow.shape), f"samples have shape {tuple(first.shape)}"
    assert torch.equal(first, again), "a number and a generator that starts from it give other samples"
    assert torch.equal(flow.sample(2), flow.sample(2, seed=0)), "samples without a seed are those of seed 0"
    same = torch.equal if dtype == torch.uint8 else torch.allclose
    assert same(first[:2], flow.sample(2, seed=5)), "the first of many samples are others than of few"
    assert flow.sample(0).shape == (0, *flow.shape), "no samples at all are asked for, and some come"
    cold = flow.sample(2, seed=5, temperature=0.0)
    assert same(cold[0], cold[1]), "at temperature 0 all samples are the mode of the prior, decoded"


def _check_noise(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    before = torch.random.get_rng_state()
    drawn, again = (flow.log_prob(x, seed=torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(drawn, again), "the same generator gives another log_prob"
    assert torch.equal(flow.log_prob(x), flow.log_prob(x, seed=0)), "without a seed it is that of seed 0"
    assert torch.equal(torch.random.get_rng_state(), before), "the global random generator was used"
    if noise is None:
        assert torch.equal(drawn, flow.log_prob(x)), "real tensors have no noise, but a generator makes a difference"
    else:
        assert not torch.equal(drawn, flow.log_prob(x, noise=noise)), "noise makes no difference"
        evaluation = torch.from_numpy(image_noise(x.numpy(), 3))
        same = torch.equal(flow.log_prob(x, seed=3), flow.log_prob(x, noise=evaluation))
        assert same, "with a number as seed, noise is the evaluation noise of each image"
        assert not torch.equal(flow.log_prob(x, seed=3), flow.log_prob(x, seed=4)), "seeds make no difference"


def _check_arrays(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    arrays = x.numpy(), None if noise is None else noise.numpy()
    with torch.no_grad():
        expected = flow.log_prob(x, noise=noise), *flow.encode(x, noise=noise)
    found = flow.log_prob(arrays[0], noise=arrays[1]), *flow.encode(arrays[0], noise=arrays[1])
    for array, tensor in zip(found, expected, strict=True):
        assert isinstance(array, np.ndarray), f"an array gives a {type(array).__name__}: an array is expected"
        assert np.array_equal(array, tensor.numpy()), "an array and a tensor of the same numbers give other results"
    back = flow.decode(found[1])
    assert isinstance(back, np.ndarray), f"latents in an array give a {type(back).__name__}: an array is expected"
    assert np.array_equal(back, flow.decode(expected[1]).numpy()), "an array of latents is decoded to something else"


def _check_saved(flow: Flow, config: FlowConfig, x: Tensor, noise: Tensor | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flow.safetensors"
        save_flow(path, flow)
        loaded = load_flow(path).double()
    single = config.build(flow.shape)
    single.load_state_dict(flow.state_dict())
    expected = single.double().eval().log_prob(x, noise=noise)
    assert torch.equal(loaded.log_prob(x, noise=noise), expected), "a saved and loaded flow is another flow"


def _check_refusals(flow: Flow, x: Tensor) -> None:
    another_type = x.float() if x.dtype == torch.uint8 else x.byte()
    for wrong in (x[..., :-1], torch.cat([x, x], 1), another_type):
        message = f"{wrong.dtype} {tuple(wrong.shape)} was taken by a flow for {flow.shape}"
        assert refuses(lambda wrong=wrong: flow.log_prob(wrong)), message  # type: ignore[misc]


def _check_gradients_of_each(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    """Compare ``vmap(grad(...))`` over data with autograd, one datum at a time."""
    single = LogProbOfOne(flow)
    parameters: dict[str, Tensor] = {**dict(single.named_parameters())}

    def log_prob(parameters: dict[str, Tensor], x: Tensor, noise: Tensor | None) -> Tensor:
        return functional_call(single, parameters, (x, noise))  # type: ignore[no-any-return]

    def density(value: Tensor) -> Tensor:
        z, log_det = flow.bijection(value[None])
        return (flow.prior.log_prob(z) + log_det)[0]  # type: ignore[no-any-return]

    values = _values(flow, x, noise)[0].detach()
    of_parameters = vmap(grad(log_prob), (None, 0, None if noise is None else 0))(parameters, x, noise)
    of_values = vmap(grad(density))(values)
    for i, value in enumerate(values):
        expected = torch.autograd.grad(
            single(x[i], None if noise is None else noise[i]), list(parameters.values()), materialize_grads=True
        )
        for (name, found), one in zip(of_parameters.items(), expected, strict=True):
            assert torch.allclose(found[i], one, rtol=1e-8, atol=1e-8), f"under vmap {name} has another gradient"
        value = value.clone().requires_grad_()
        (of_value,) = torch.autograd.grad(density(value), value)
        assert torch.allclose(of_values[i], of_value, rtol=1e-8, atol=1e-8), "under vmap x has another gradient"
