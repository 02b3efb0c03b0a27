"""What PyTorch does with any module, it does with a flow: other processes, compilers, other devices."""

import multiprocessing

import joblib
import pytest
import torch

from oodflow.bijections import Coupling, checkerboard, reversible
from oodflow.flows import FLOWS, Flow, RealNVPConfig
from oodflow.nets import NETS, WeightNormConv
from oodflow.transformers import TRANSFORMERS, Affine

SIZES = {"width": 2, "steps": 1, "couplings": 2, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1, "latent_dims": 3}


def small(registry, name, **settings):
    """An entry of few and narrow layers."""
    fields = registry[name].model_fields
    return registry[name](**{field: size for field, size in SIZES.items() if field in fields}, **settings)


def small_flow(name, **settings):
    if "net" in FLOWS[name].model_fields and FLOWS[name].rank == 3:
        settings = {"net": "convnet"} | settings
    torch.manual_seed(0)
    return small(FLOWS, name, **settings).build((1, 8, 8) if FLOWS[name].rank == 3 else (6,)).eval()


def data(flow, count=5):
    generator = torch.Generator().manual_seed(1)
    if flow.domain.is_images:
        return torch.randint(0, 256, (count, *flow.shape), dtype=torch.uint8, generator=generator)
    return torch.randn(count, *flow.shape, generator=generator)


@pytest.fixture(autouse=True)
def forgetful_compiler():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_compiles_as_a_whole(name):
    """Noise of its seed and all: what dynamo could not trace would raise."""
    flow = small_flow(name)
    x, compiled = data(flow), torch.compile(flow, backend="eager", fullgraph=True)
    assert torch.allclose(compiled(x), flow(x), rtol=1e-6)
    assert torch.allclose(compiled(x, seed=2**63 + 1), flow(x, seed=2**63 + 1), rtol=1e-6)


@pytest.mark.parametrize("name", NETS)
def test_a_coupling_compiles_as_a_whole_with_every_net(name):
    mask = checkerboard((1, 4, 4))
    net = small(NETS, name).build(mask.in_shape, 2, 4, interleaved=True)
    layer, x = Coupling(mask, net, Affine(1)).eval(), torch.randn(3, 1, 4, 4)
    z, log_det = torch.compile(layer, backend="eager", fullgraph=True)(x)
    assert torch.allclose(z, layer(x)[0], atol=1e-6)
    assert torch.allclose(log_det, layer(x)[1], atol=1e-6)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_flow_compiles_as_a_whole_with_every_transformer(name):
    flow = small_flow("realnvp", transformer=name)
    x = data(flow)
    assert torch.allclose(torch.compile(flow, backend="eager", fullgraph=True)(x), flow(x), rtol=1e-6)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_is_exported_for_batches_of_any_size(name):
    flow = small_flow(name)
    x, batch = data(flow), torch.export.Dim("batch")
    program = torch.export.export(flow, (x,), dynamic_shapes=({0: batch},)).module()
    for count in (2, 5, 9):
        assert torch.allclose(program(data(flow, count)), flow(data(flow, count)), rtol=1e-6)


def test_what_is_compiled_keeps_its_activations():
    """Gradients then are the compiler's, whatever the block around asks for."""
    flow = small_flow("realnvp")
    x = data(flow)
    with reversible():
        torch.compile(flow, backend="eager", fullgraph=True)(x).sum().backward()
    found = [parameter.grad.clone() for parameter in flow.parameters()]
    flow.zero_grad()
    flow(x).sum().backward()
    for gradient, parameter in zip(found, flow.parameters(), strict=True):
        assert torch.allclose(gradient, parameter.grad, rtol=1e-4, atol=1e-4)


def test_a_flow_goes_to_other_processes():
    """By what multiprocessing spawns, and by joblib's workers, with the network that PyTorch itself can't pickle."""
    flow = RealNVPConfig(scales=1, width=2, net={"kind": "resnet", "blocks": 1}).build((1, 4, 4)).eval()
    x = data(flow, 2)
    expected = flow.log_prob(x.numpy())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert (pool.apply(log_prob, (flow, x.numpy())) == expected).all()
    (found,) = joblib.Parallel(n_jobs=2)([joblib.delayed(log_prob)(flow, x.numpy())])
    assert (found == expected).all()


def log_prob(flow, x):
    torch.set_num_threads(1)
    return flow.log_prob(x)


def test_a_weight_normed_convolution_is_that_of_pytorch():
    """The same function of parameters of the same names, in the same order."""
    torch.manual_seed(0)
    ours = WeightNormConv(3, 5, 3)
    theirs = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv2d(3, 5, 3, padding=1))
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    theirs.load_state_dict(ours.state_dict())
    for _ in range(2):
        x = torch.randn(2, 3, 6, 6)
        assert torch.equal(ours(x), theirs(x))
        with torch.no_grad():
            for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
                own.add_(torch.randn_like(own))
                other.copy_(own)
    torch.manual_seed(1)
    ours = WeightNormConv(3, 5, 3)
    torch.manual_seed(1)
    theirs = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv2d(3, 5, 3, padding=1))
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(own, other)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_is_built_the_same_whatever_the_default_dtype_and_device(name):
    usual = small_flow(name)
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        found = small_flow(name)
    finally:
        torch.set_default_dtype(before)
    for parameter, expected in zip(found.parameters(), usual.parameters(), strict=True):
        assert parameter.dtype == torch.float32
        assert torch.equal(parameter, expected)
    with torch.device("meta"):
        assert {tensor.device.type for tensor in small_flow(name).parameters()} == {"meta"}


@pytest.mark.parametrize("name", FLOWS)
def test_on_the_meta_device_a_flow_has_shapes(name):
    flow = small_flow(name)
    x = data(flow).to("meta")
    flow.to("meta")
    assert (flow(x).device.type, flow(x).shape) == ("meta", (5,))
    assert flow.encode(x)[0].shape == (5, flow.dims)


WRONG = {
    "half a sample": (lambda flow: flow.sample(2.5), "n is 2.5: expected a whole number from 0"),
    "fewer than none": (lambda flow: flow.sample(-1), "n is -1: expected a whole number from 0"),
    "cold": (lambda flow: flow.sample(1, temperature=-1), "temperature is -1: expected a number from 0"),
    "a word for it": (lambda flow: flow.sample(1, temperature="hot"), "temperature is 'hot'"),
    "nothing": (lambda flow: flow.initialise(None), "x is a NoneType: expected a tensor or a NumPy array"),
    "a prior in words": (lambda flow: Flow(flow.domain, flow.bijection, prior="normal"), "prior must be a Prior"),
    "an array in a layer": (lambda flow: flow.bijection(data(flow).numpy()), "a Chain takes tensors but got a ndarray"),
    "no shape": (lambda flow: flow.config.build(28), "shape is 28: expected whole numbers from 1"),
    "a file by number": (lambda flow: flow.save(3), "path is a int: expected a string or a pathlib.Path"),
    "half a seed": (lambda flow: flow.sample(1, seed=0.5), "seed is 0.5: expected a whole number or a"),
    "a seed in words": (lambda flow: flow(data(flow), seed="cpu"), "seed is 'cpu': expected a whole number or a"),
    "a list": (lambda flow: flow([[1]]), "x is a list: expected a tensor or a NumPy array"),
    "whole latents": (lambda flow: flow.decode(torch.zeros(1, 64, dtype=torch.int64)), "z must be latents in float32"),
    "noise beyond": (lambda flow: flow(data(flow), noise=torch.full((5, 1, 8, 8), 1.5)), "goes from 1.5 to 1.5"),
    "half precision": (lambda flow: flow.bfloat16()(data(flow)), "the flow is in torch.bfloat16, which changes"),
    "half of it": (lambda flow: (flow.bijection.half(), flow(data(flow))), "the flow is in torch.float16, which"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_a_flow_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call(small_flow("realnvp"))


def test_training_under_autocast_is_as_it_was():
    flow = small_flow("realnvp").train()
    x = data(flow)
    with torch.autocast("cpu", torch.bfloat16):
        assert flow(x).dtype == torch.float32
        flow.eval()
        with pytest.raises(ValueError, match="under autocast networks compute in"):
            flow(x)
        with torch.autocast("cpu", enabled=False):
            flow(x)
    assert isinstance(flow, Flow)
