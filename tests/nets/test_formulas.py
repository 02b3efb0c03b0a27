"""Each net against its formula, written out a second time on its bare tensors."""

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d, linear, relu

from oodflow.nets import BottleneckConfig, ConvNetConfig, HighwayConfig, MLPConfig, ResNetConfig
from oodflow.testing.modules import randomise


def tensors_of(config, *, interleaved=False):
    torch.manual_seed(0)
    net = randomise(config.build((3, 6, 7), 4, width=5, interleaved=interleaved).double(), seed=1).eval()
    return net, net.state_dict()


def images():
    return torch.randn(2, 3, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def convolve(x, state, name):
    """A convolution that keeps the size, its weight normed where it has a gain: ``g v / ||v||`` for each output."""
    if f"{name}.weight" in state:
        weight = state[f"{name}.weight"]
    else:
        gain, direction = (state[f"{name}.parametrizations.weight.original{i}"] for i in range(2))
        weight = gain * direction / direction.square().sum((1, 2, 3), keepdim=True).sqrt()
    return conv2d(x, weight, state.get(f"{name}.bias"), padding=weight.shape[-1] // 2)


def norm(x, state, name):
    if f"{name}.running_mean" not in state:
        return x
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    return batch_norm(x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-5)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("normed", [False, True])
def test_resnet(interleaved, skip, normed):
    net, state = tensors_of(ResNetConfig(blocks=2, skip=skip, batch_norm=normed), interleaved=interleaved)
    u = norm(images(), state, "in_norm") * (2 if interleaved and normed else 1)
    h = convolve(relu(torch.cat([u, -u], 1)), state, "in_conv")
    hs = [h]
    for i in range(2):
        inner = convolve(relu(norm(h, state, f"blocks.{i}.0")), state, f"blocks.{i}.2")
        h = h + convolve(relu(norm(inner, state, f"blocks.{i}.3")), state, f"blocks.{i}.5")
        hs.append(h)
    total = sum(convolve(h, state, f"skips.{i}") for i, h in enumerate(hs)) if skip else h
    expected = convolve(relu(norm(total, state, "out_norm")), state, "out_conv")
    assert torch.allclose(net(images()), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("blocks", [2, 3])
def test_bottleneck(blocks):
    """A residual network without skips that goes through l numbers after block 1 of 2 or 3."""
    net, state = tensors_of(BottleneckConfig(blocks=blocks, latent_dims=2))
    u = norm(images(), state, "in_norm")
    h = convolve(relu(torch.cat([u, -u], 1)), state, "in_conv")
    for i in range(blocks):
        inner = convolve(relu(norm(h, state, f"blocks.{i}.0")), state, f"blocks.{i}.2")
        h = h + convolve(relu(norm(inner, state, f"blocks.{i}.3")), state, f"blocks.{i}.5")
        if i == 0:
            for layer in ("middle.layers.1", "middle.layers.2"):
                flat = h.flatten(1) if layer.endswith("1") else h
                h = linear(flat, state[f"{layer}.weight"], state[f"{layer}.bias"])
            h = h.reshape(2, 5, 6, 7)
    expected = convolve(relu(norm(h, state, "out_norm")), state, "out_conv")
    assert torch.allclose(net(images()), expected, rtol=1e-10, atol=1e-12)


def test_mlp():
    net, state = tensors_of(MLPConfig(hidden_layers=2))
    h = images().flatten(1)
    for layer in ("layers.1.0", "layers.2.0"):
        h = relu(linear(h, state[f"{layer}.weight"], state[f"{layer}.bias"]))
    expected = linear(h, state["layers.3.weight"], state["layers.3.bias"]).reshape(2, 4, 6, 7)
    assert torch.allclose(net(images()), expected, rtol=1e-10, atol=1e-12)


def test_the_first_convolution_of_a_resnet_block_has_no_bias():
    _, state = tensors_of(ResNetConfig(blocks=1))
    assert "blocks.0.2.bias" not in state
    assert "blocks.0.5.bias" in state


def test_highway():
    net, state = tensors_of(HighwayConfig(blocks=2))
    h = convolve(images(), state, "in_conv")
    for i in range(2):
        gate = 1 / (1 + torch.exp(-convolve(h, state, f"gates.{i}")))
        h = gate * convolve(h, state, f"convs.{i}") + (1 - gate) * h
    assert torch.allclose(net(images()), convolve(h, state, "out_conv"), rtol=1e-10, atol=1e-12)


def test_highway_starts_from_small_normal_weights():
    torch.manual_seed(0)
    state = HighwayConfig(blocks=1).build((3, 6, 7), 4, width=64, interleaved=False).state_dict()
    assert state["convs.0.weight"].std().item() == pytest.approx(0.05, rel=0.03)
    assert not state["convs.0.bias"].any()
    assert not state["out_conv.weight"].any()


def test_convnet_with_actnorm():
    net, state = tensors_of(ConvNetConfig(actnorm=True))
    h = images()
    for layer in ("layers.0", "layers.2"):
        h = convolve(h, state, f"{layer}.conv") + state[f"{layer}.bias"]
        h = relu(h * state[f"{layer}.log_scale"].exp())
    expected = convolve(h, state, "layers.4") * torch.exp(3 * state["log_scale"])
    assert torch.allclose(net(images()), expected, rtol=1e-10, atol=1e-12)


def test_convnet():
    net, state = tensors_of(ConvNetConfig())
    h = relu(convolve(images(), state, "layers.0"))
    h = relu(convolve(h, state, "layers.2"))
    assert torch.allclose(net(images()), convolve(h, state, "layers.4"), rtol=1e-10, atol=1e-12)
