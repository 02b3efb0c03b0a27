"""Compiled layers compute what they did before."""

import pytest
import torch

from oodflow.bijections import Conditioned
from oodflow.flows import RealNVPConfig
from oodflow.nets import NETS, ConvNetConfig, folded
from oodflow.training.compiling import compile_layers

# PyTorch's tracer warns of its own use of parts that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.mark.parametrize("name", NETS)
def test_compiled_layers_give_the_same_log_prob_and_gradient(name):
    torch.manual_seed(0)
    torch.compiler.reset()
    flow = RealNVPConfig(scales=1, width=4, net=NETS[name](**small(name))).build((1, 4, 4)).double()
    images = torch.randint(0, 256, (3, 1, 4, 4), dtype=torch.uint8)
    noise = torch.rand(images.shape, dtype=torch.float64)

    def loss_and_gradient():
        loss = flow.log_prob(images, noise=noise).sum()
        return loss.detach(), torch.autograd.grad(loss, [*flow.parameters()])

    loss, gradients = loss_and_gradient()
    names = [*flow.state_dict()]
    compile_layers(flow, backend="aot_eager")
    compiled_loss, compiled_gradients = loss_and_gradient()
    assert torch.allclose(compiled_loss, loss)
    assert all(torch.allclose(a, b) for a, b in zip(compiled_gradients, gradients, strict=True))
    assert [*flow.state_dict()] == names
    assert torch.isfinite(folded(flow).log_prob(images, noise=noise)).all()


@torch._dynamo.config.patch(recompile_limit=8, fail_on_recompile_limit_hit=True)  # and back: monkeypatch removes it
def test_all_layers_are_compiled_however_many_kinds_there_are():
    torch.compiler.reset()
    flow = RealNVPConfig(scales=3, width=2, net=ConvNetConfig()).build((1, 8, 8))
    assert sum(isinstance(layer, Conditioned) for layer in flow.modules()) > 8
    compile_layers(flow, backend="aot_eager")
    for batch in 2, 3:
        images = torch.randint(0, 256, (batch, 1, 8, 8), dtype=torch.uint8)
        for training in True, False:
            flow.train(training).log_prob(images, noise=torch.rand(images.shape)).sum().backward()


def small(name):
    return {"blocks": 2} if "blocks" in NETS[name].model_fields else {}
