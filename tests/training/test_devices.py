"""Devices by name, wherever there are none."""

import pytest
import torch

from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.options import EvaluationOptions
from oodflow.flows import RealNVPConfig
from oodflow.training import choose_device, device_name, seeded


@pytest.fixture
def gpus(monkeypatch):
    """As if there were two."""
    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    return chosen


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1000", "mps:1", "", "xpu", 0, None, 1.5])
def test_what_is_no_device(name):
    with pytest.raises(UsageError, match="expected auto, cpu, cuda, cuda:1 or another of several GPUs, or mps"):
        choose_device(name)
    with pytest.raises(ValueError, match="device"):
        EvaluationOptions(device=name)


def test_one_of_several(gpus):
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert gpus == [torch.device("cuda", 1)]  # kernels, streams and graphs go there
    assert choose_device("cuda") == choose_device("auto") == torch.device("cuda")
    assert choose_device("cpu") == torch.device("cpu")
    assert len(gpus) == 1
    with pytest.raises(OodflowError, match="device is 'cuda:2' but torch finds cuda:0 to cuda:1 here"):
        choose_device("cuda:2")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1", "mps"])
def test_none_here(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(OodflowError, match=f"device is '{name}' but torch finds no GPU"):
        choose_device(name)
    assert choose_device("auto") == torch.device("cpu")


def test_names_and_devices():
    assert device_name(torch.device("cuda", 1)) == "cuda:1"
    assert EvaluationOptions(device="cuda:1").device == "cuda:1"


def test_apples_gpus_have_no_float64(monkeypatch):
    flow = RealNVPConfig(scales=1, width=2, net="convnet").build((1, 4, 4))
    monkeypatch.setattr(type(flow), "device", torch.device("mps"))
    with pytest.raises(UsageError, match="encode computes in float64, which Apple's GPUs lack"):
        flow.encode(torch.zeros(1, 1, 4, 4, dtype=torch.uint8))


def test_weights_are_drawn_without_a_word_to_gpus(gpus, monkeypatch):
    """PyTorch would warn of many of them, and seed them all."""
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: pytest.fail("a GPU was seeded"))
    before = torch.random.get_rng_state()
    with seeded(3):
        first = torch.rand(2)
    with seeded(3):
        assert torch.equal(torch.rand(2), first)
    assert torch.equal(torch.random.get_rng_state(), before)
