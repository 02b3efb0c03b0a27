"""One spelling of randomness: a seed or a generator, or noise itself; arrays and tensors in, the same kind out."""

import inspect

import numpy as np
import pytest
import torch

from oodflow.bijections import Chain, MultiScale
from oodflow.errors import UsageError
from oodflow.flows import Flow, Images, RealNVPConfig, TabularConfig, generator_of, image_noise, noise_of
from oodflow.nets import ConvNetConfig
from oodflow.testing.modules import randomise
from oodflow.training import seeded


@pytest.fixture(scope="module")
def flow():
    with seeded(0):
        return randomise(RealNVPConfig(width=4, net=ConvNetConfig()).build((1, 6, 6)).double(), 0).eval()


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (6, 1, 6, 6), dtype=torch.uint8, generator=generator)


def test_it_just_works_and_repeats(flow, images):
    assert torch.equal(flow.log_prob(images), flow.log_prob(images, seed=0))
    assert torch.equal(flow.encode(images)[0], flow.encode(images, seed=0)[0])
    assert torch.equal(flow.sample(5), flow.sample(5, seed=0))
    assert not torch.equal(flow.sample(5), flow.sample(5, seed=1))


def test_with_a_number_the_noise_belongs_to_the_image(flow, images):
    whole = flow.log_prob(images, seed=2)
    for i in range(len(images)):
        assert torch.allclose(flow.log_prob(images[i : i + 1], seed=2)[0], whole[i], rtol=1e-12)
    assert torch.equal(noise_of(images, 2), torch.from_numpy(image_noise(images.numpy(), 2)))


def test_with_a_generator_it_is_drawn_and_moves_on(flow, images):
    generator = torch.Generator().manual_seed(3)
    expected = torch.rand(images.shape, generator=torch.Generator().manual_seed(3))
    assert torch.equal(flow.log_prob(images, seed=generator), flow.log_prob(images, noise=expected))
    again = torch.Generator().manual_seed(3)
    assert not torch.equal(flow.log_prob(images, seed=again), flow.log_prob(images, seed=again))
    assert noise_of(images, generator).dtype == torch.float32


@pytest.mark.parametrize("dims", [3, 16, 36, 50])
def test_the_first_samples_do_not_depend_on_their_number(dims):
    with seeded(0):
        flow = randomise(TabularConfig(couplings=2, width=4).build((dims,)).double(), 0)
    many = flow.sample(20, seed=4)
    for n in (1, 2, 7):
        assert torch.allclose(flow.sample(n, seed=4), many[:n], rtol=1e-12)
    assert flow.sample(0).shape == (0, dims)


def test_latents_of_flows_whose_length_is_a_multiple_of_16_are_one_draw():
    flow = Flow(Images((1, 4, 4)), MultiScale((1, 4, 4), [Chain([])]))
    expected = torch.randn(7, 16, generator=torch.Generator().manual_seed(9))
    assert torch.equal(flow.prior.sample(7, seed=9), expected)


@pytest.mark.parametrize("seed", [None, 1.5, "0", torch.zeros(2)])
def test_what_is_no_seed(flow, images, seed):
    for call in (lambda: flow.sample(2, seed=seed), lambda: flow.log_prob(images, seed=seed)):
        with pytest.raises(UsageError, match=r"seed is .*: expected a whole number or a torch.Generator"):
            call()


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 10**70])
def test_a_number_that_no_generator_takes(flow, images, seed):
    for call in (lambda: flow.sample(2, seed=seed), lambda: flow.log_prob(images, seed=seed)):
        with pytest.raises(UsageError, match="expected a whole number of 64 bits"):
            call()


def test_a_whole_number_of_any_kind_is_a_seed():
    assert torch.equal(*(torch.rand(2, generator=generator_of(seed)) for seed in (7, np.int64(7))))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: np.asfortranarray(x),
        lambda x: x[::-1][::-1],
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.frombuffer(x.tobytes(), np.uint8).reshape(x.shape),  # read-only
    ],
    ids=["plain", "other order", "reversed twice", "strided", "read-only"],
)
def test_arrays_however_they_lie(flow, images, change):
    x = change(images.numpy())
    found = flow.log_prob(x)
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, flow.log_prob(images).detach().numpy())


def test_arrays_of_another_byte_order():
    with seeded(0):
        flow = TabularConfig(couplings=2, width=4).build((5,))
    x = np.random.default_rng(0).normal(size=(3, 5))
    assert np.array_equal(flow.log_prob(x.astype(">f8")), flow.log_prob(x))


def test_tensors_have_gradients_and_arrays_have_none(flow, images):
    assert flow.log_prob(images).requires_grad
    assert flow.encode(images)[0].requires_grad
    z, log_det = flow.encode(images.numpy())
    assert (type(z), type(log_det), z.dtype) == (np.ndarray, np.ndarray, np.float64)
    back = flow.decode(z)
    assert isinstance(back, np.ndarray)
    assert np.array_equal(back, images.numpy())
    assert isinstance(flow.decode(torch.from_numpy(z)), torch.Tensor)


def test_gradients_of_each_sample_by_torch_func(flow, images):
    """The noise stands beside the image: under vmap its pixels can't be looked at."""
    parameters = dict(flow.named_parameters())
    buffers = dict(flow.named_buffers())

    class LogProb(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.flow = flow

        def forward(self, x, noise):
            return self.flow.log_prob(x[None], noise=noise[None])[0]

    def log_prob(weights, x, noise):
        named = {f"flow.{name}": tensor for name, tensor in (weights | buffers).items()}
        return torch.func.functional_call(LogProb(), named, (x, noise))

    x, noise = images[:1], noise_of(images, 0)[:1]
    gradient = torch.func.grad(log_prob)(parameters, x[0], noise[0])
    (expected,) = torch.autograd.grad(flow.log_prob(x, noise=noise).sum(), [next(iter(parameters.values()))])
    assert torch.allclose(gradient[next(iter(parameters))], expected)


def test_generators_have_one_spelling():
    """Nothing public takes ``generator=``."""
    import oodflow

    for package in (oodflow.flows, oodflow.analysis, oodflow.scores, oodflow.metrics, oodflow.training):
        for name in package.__all__:
            thing = getattr(package, name)
            methods = (
                [value for value in vars(thing).values() if callable(value)] if inspect.isclass(thing) else [thing]
            )
            for method in filter(inspect.isfunction, methods):
                assert "generator" not in inspect.signature(method).parameters, f"{name}: {method}"
