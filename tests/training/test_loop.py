"""The training loop: what a step does, what it leaves alone, and what a checkpoint keeps."""

import math

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from oodflow.data import TrainingBatches
from oodflow.errors import OodflowError
from oodflow.flows import GlowConfig
from oodflow.nets import ConvNetConfig
from oodflow.training import (
    MaximumLikelihood,
    TrainingConfig,
)
from oodflow.training.loop import take_step
from oodflow.training.streams import DATA, load_batch

from .running import CONFIG, Changed, images, run, same, start, tensors


def test_training_lowers_the_loss():
    config = TrainingConfig(steps=60, batch_size=16, lr=3e-3, max_grad_norm=1000.0)
    losses = []
    run(start(config, GlowConfig(scales=1, steps=2, width=8, net=ConvNetConfig())), config,
        callbacks=[lambda state, report: losses.append(report.loss)])  # fmt: skip
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 20


def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (run(start(c), c) for c in (CONFIG, CONFIG, CONFIG.model_copy(update={"seed": 1})))
    assert same(tensors(first.flow), tensors(again.flow))
    assert not same(tensors(first.flow), tensors(other.flow))


def test_training_does_not_touch_the_global_generator():
    before = torch.random.get_rng_state()
    run(start(CONFIG), CONFIG)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("optimiser", ["adam", "adamax", "adamw", "rmsprop"])
def test_stopped_and_resumed_is_the_same_as_straight_through(tmp_path, optimiser):
    config = CONFIG.model_copy(update={"optimiser": optimiser})
    glow = GlowConfig(steps=1, width=4)
    straight = run(start(config, glow), config)

    class Stop(Exception):
        pass

    def stop(state, report):
        if report.step == 3:
            raise Stop

    stopped = start(config, glow)
    with pytest.raises(Stop):
        run(stopped, config, callbacks=[stop])
    stopped.save(tmp_path / "checkpoint.safetensors", CONFIG)
    resumed = start(config, glow)
    resumed.restore(tmp_path / "checkpoint.safetensors", CONFIG)
    assert (resumed.step, resumed.seconds) == (3, stopped.seconds)
    run(resumed, config)
    assert same(tensors(resumed.flow), tensors(straight.flow))
    assert resumed.average is not None and straight.average is not None
    assert same(resumed.average.tensors, straight.average.tensors)


def test_actnorm_is_initialised_once_before_the_first_step():
    config = CONFIG.model_copy(update={"steps": 1, "lr": 1e-12})
    state = run(start(config, GlowConfig(steps=1, width=4)), config)
    flags = [buffer for name, buffer in state.flow.named_buffers() if name.endswith("initialised")]
    assert flags and all(flags)


def test_a_checkpoint_of_another_configuration_is_refused(tmp_path):
    state = start(CONFIG)
    state.save(tmp_path / "c.safetensors", CONFIG)
    with pytest.raises(OodflowError, match=r"lr was 0\.001 there and is 0\.2 here"):
        state.restore(tmp_path / "c.safetensors", CONFIG.model_copy(update={"lr": 0.2}))


class Waits(TorchDispatchMode):
    """Counts how often a number is fetched from the device, for which the CPU would have to wait."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.is_nonzero.default)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(("optimiser", "waits"), [("adam", 0), ("adamw", 0), ("rmsprop", 1)])
def test_a_step_does_not_wait_for_the_device(optimiser, waits):
    config = CONFIG.model_copy(update={"optimiser": optimiser})
    state = start(config)
    batch = load_batch({DATA: TrainingBatches(images(), 8, 0)}, 0, state.device)
    take_step(state, batch, config, MaximumLikelihood())
    with Waits() as counted:
        report = take_step(state, batch, config, MaximumLikelihood())
    assert counted.count == waits
    assert math.isfinite(report.loss)


@pytest.mark.parametrize(("precision", "tf32"), [("float32", False), ("tf32", True), ("bfloat16", True)])
def test_tf32_is_used_where_it_may_be_and_left_as_it_was(precision, tf32):
    seen = []

    def watching(flow, batch, loss):
        loss.register_hook(lambda gradient: seen.append(torch.backends.cudnn.allow_tf32))  # in the backward pass
        seen.append(torch.backends.cudnn.allow_tf32)
        return loss

    before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
    config = CONFIG.model_copy(update={"precision": precision, "steps": 1})
    run(start(config, GlowConfig(steps=1, width=4)), config, objective=Changed(change=watching))
    assert seen == [tf32, tf32]
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == before


@pytest.mark.parametrize("deterministic", [False, True])
def test_algorithms_of_a_gpu_are_those_that_repeat_where_they_shall(deterministic):
    seen = []

    def watching(flow, batch, loss):
        cudnn = torch.backends.cudnn
        seen.append((cudnn.deterministic, cudnn.benchmark))
        loss.register_hook(lambda gradient: seen.append((cudnn.deterministic, cudnn.benchmark)))
        return loss

    config = CONFIG.model_copy(update={"deterministic": deterministic, "steps": 1})
    run(start(config), config, objective=Changed(change=watching))
    assert seen == [(deterministic, not deterministic)] * 2


def test_terms_come_with_the_report():
    reports = []
    run(start(CONFIG), CONFIG, callbacks=[lambda state, report: reports.append(report)])
    assert [set(report.terms) for report in reports] == [{"bpd"}] * 6
    assert all(report.terms["bpd"] == pytest.approx(report.loss / (64 * math.log(2))) for report in reports)


def test_average_follows_its_formula_and_is_lent_for_evaluation():
    state, config = start(CONFIG), CONFIG.model_copy(update={"steps": 3})
    name = next(name for name, _ in state.flow.named_parameters())
    expected, seen = tensors(state.flow)[name], []

    def follow(state, report):
        nonlocal expected
        decay = min(0.9, (1 + report.step) / (10 + report.step))
        expected = decay * expected + (1 - decay) * state.flow.state_dict()[name]
        seen.append(state.flow.state_dict()[name].clone())

    run(state, config, callbacks=[follow])
    with state.evaluating() as flow:
        assert not flow.training
        assert torch.allclose(flow.state_dict()[name], expected, atol=1e-6)
    assert torch.equal(state.flow.state_dict()[name], seen[-1])
    assert state.flow.training


def test_bfloat16_keeps_the_flow_itself_in_float32():
    config = CONFIG.model_copy(update={"precision": "bfloat16", "steps": 2})
    exact = CONFIG.model_copy(update={"steps": 2})
    losses: dict[str, list[float]] = {"bfloat16": [], "float32": []}
    for c in (config, exact):
        glow = GlowConfig(steps=2, width=8)
        state = run(start(c, glow), c, callbacks=[lambda s, r, c=c: losses[c.precision].append(r.loss)])
        assert all(parameter.dtype == torch.float32 for parameter in state.flow.parameters())
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=1e-2)
    assert losses["bfloat16"][1] != losses["float32"][1]
