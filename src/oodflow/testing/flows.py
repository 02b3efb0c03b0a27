"""The contract of a flow, as a test that anyone can run on a flow of their own."""

import math
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UsageError
from oodflow.flows import AnyFlowConfig, Flow, load_flow, save_flow
from oodflow.testing.modules import check_gradients, leaving_no_trace, log_det_of, randomise

_SHAPES: tuple[Shape, ...] = ((1, 8, 4), (3, 4, 8))


def check_flow(config: AnyFlowConfig, shapes: tuple[Shape, ...] = _SHAPES) -> None:
    r"""Test that a flow keeps its contract.

    ``log_prob`` is :math:`\log N(z; 0, I) + \log|\det \partial z / \partial v| - D \log 256` with the determinant of
    the autograd Jacobian, in float64; ``decode`` undoes ``encode``; samples are uint8 and belong to their generator;
    noise is the caller's; an image's result does not depend on its neighbours; a call leaves no trace; a saved flow is
    the same flow; wrong images are refused.

    Args:
        config: the flow's settings; keep it small, its Jacobian is computed.
        shapes: for which shapes of images to test it.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import GlowConfig
        >>> check_flow(GlowConfig(steps=1, width=2), shapes=((1, 4, 4),))
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    for seed, shape in enumerate(shapes):
        generator = torch.Generator().manual_seed(seed)
        flow = config.build(shape).double().eval()
        images = torch.randint(0, 256, (3, *shape), dtype=torch.uint8, generator=generator)
        noise = torch.rand(images.shape, dtype=torch.float64, generator=generator)
        flow.initialise(images, noise=noise)
        randomise(flow, seed)
        with leaving_no_trace(flow):
            log_prob = flow.log_prob(images, noise=noise)
        _check_log_prob(flow, images, noise, log_prob)
        _check_decode(flow, images, noise)
        _check_samples(flow)
        _check_noise(flow, images, noise)
        _check_saved(flow, config, images, noise)
        _check_refusals(flow, images)
        check_gradients(flow, -log_prob.mean())


def _check_log_prob(flow: Flow, images: Tensor, noise: Tensor, log_prob: Tensor) -> None:
    values = (images.double() + noise) / 256
    for image, claimed in zip(values, log_prob, strict=True):
        z = flow.bijection(image[None])[0][0]
        log_det = log_det_of(lambda one: flow.bijection(one[None])[0][0], image)
        prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum()
        actual = prior + log_det - flow.dims * math.log(256)
        assert torch.allclose(claimed, actual, rtol=1e-9, atol=1e-8), (
            f"log_prob is {claimed.item():.9g} but prior, Jacobian and constant give {actual.item():.9g}"
        )
    alone = flow.log_prob(images[1:2], noise=noise[1:2])
    assert torch.allclose(alone[0], log_prob[1]), "an image alone gives another log_prob than in a batch"


def _check_decode(flow: Flow, images: Tensor, noise: Tensor) -> None:
    z, log_det = flow.encode(images, noise=noise)
    assert z.shape == (len(images), flow.dims), f"z has shape {tuple(z.shape)}: flat latents are expected"
    assert log_det.shape == (len(images),), f"log_det has shape {tuple(log_det.shape)}"
    assert torch.equal(flow.decode(z), images), "decode(encode(x)) is not x"


def _check_samples(flow: Flow) -> None:
    first, again = (flow.sample(4, generator=torch.Generator().manual_seed(5)) for _ in range(2))
    assert first.dtype == torch.uint8, f"samples are {first.dtype}: uint8 is expected"
    assert first.shape == (4, *flow.shape), f"samples have shape {tuple(first.shape)}"
    assert torch.equal(first, again), "the same generator gives other samples"
    cold = flow.sample(2, generator=torch.Generator().manual_seed(5), temperature=0.0)
    assert torch.equal(cold[0], cold[1]), "at temperature 0 all samples are the mode of the prior, decoded"


def _check_noise(flow: Flow, images: Tensor, noise: Tensor) -> None:
    before = torch.random.get_rng_state()
    drawn, again = (flow.log_prob(images, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(drawn, again), "the same generator gives another log_prob"
    assert torch.equal(torch.random.get_rng_state(), before), "the global random generator was used"
    assert not torch.equal(drawn, flow.log_prob(images, noise=noise)), "noise makes no difference"


def _check_saved(flow: Flow, config: AnyFlowConfig, images: Tensor, noise: Tensor) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flow.safetensors"
        save_flow(path, flow, config)
        loaded = load_flow(path).double()
    single = config.build(flow.shape)
    single.load_state_dict(flow.state_dict())
    expected = single.double().eval().log_prob(images, noise=noise)
    assert torch.equal(loaded.log_prob(images, noise=noise), expected), "a saved and loaded flow is another flow"


def _check_refusals(flow: Flow, images: Tensor) -> None:
    channels, height, width = flow.shape
    wrong = [
        images[:, :, :, :-2],
        images.float(),
        torch.zeros(1, channels + 1, height, width, dtype=torch.uint8),
    ]
    for x in wrong:
        try:
            flow.log_prob(x, generator=torch.Generator())
        except UsageError:
            continue
        raise AssertionError(f"images {x.dtype} {tuple(x.shape)} were taken by a flow for {flow.shape}")
    try:
        flow.log_prob(images)
    except UsageError:
        return
    raise AssertionError("log_prob without noise or generator must be refused: randomness is the caller's")
