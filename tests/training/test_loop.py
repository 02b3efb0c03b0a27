"""The training loop: what a step does, what it leaves alone, and what a checkpoint keeps."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import OodflowError
from oodflow.flows import Flow, GlowConfig, RealNVPConfig
from oodflow.nets import ConvNetConfig, ResNetConfig
from oodflow.training import (
    OPTIMISERS,
    Batch,
    Diverged,
    Loss,
    MaximumLikelihood,
    TrainingConfig,
    TrainState,
    seeded,
    train,
)
from oodflow.training.loop import take_step
from oodflow.training.streams import DATA, load_batch

SHAPE = (1, 8, 8)


def images() -> ImageSet:
    rows = np.random.default_rng(0).integers(0, 256, (64, 1, 8, 1), dtype=np.uint8)
    return ImageSet.from_array(np.repeat(rows, 8, axis=3))


def start(config: TrainingConfig, flow_config=None) -> TrainState:
    with seeded(config.seed):
        flow = (flow_config or RealNVPConfig(width=4, net=ResNetConfig(blocks=1))).build(SHAPE)
    return TrainState.start(flow, config)


def run(state: TrainState, config: TrainingConfig, **options) -> TrainState:
    train(state, TrainingBatches(images(), config.batch_size, config.seed), config, **options)
    return state


def tensors(flow: Flow) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in flow.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


CONFIG = TrainingConfig(steps=6, batch_size=8, lr=1e-3, ema_decay=0.9, warmup_steps=2, max_grad_norm=100.0)


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


class Changed(MaximumLikelihood):
    """Maximum likelihood with something done to its loss."""

    change: Callable[[Flow, Batch, Tensor], Tensor]

    def __call__(self, flow, batch):
        value, terms = super().__call__(flow, batch)
        return Loss(self.change(flow, batch, value), terms)


def poisoned(*at):
    """Maximum likelihood, but for some steps, counted from 1, whose loss is not a number."""
    calls = itertools.count(1)
    return Changed(change=lambda flow, batch, value: value * math.nan if next(calls) in at else value)


def test_a_step_that_is_not_finite_changes_nothing_and_is_counted():
    state, config = start(CONFIG), CONFIG.model_copy(update={"steps": 2})
    after, averages, reports = [], [], []

    def follow(state, report):
        after.append(tensors(state.flow))
        averages.append({name: tensor.clone() for name, tensor in state.average.tensors.items()})
        reports.append(report)

    run(state, config, objective=poisoned(2), callbacks=[follow])
    assert same(after[0], after[1])  # batch norm's running statistics too
    assert same(averages[0], averages[1])
    assert [report.skipped for report in reports] == [False, True]
    assert (state.skipped, state.skipped_in_a_row) == (1, 1)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_that_is_not_finite_leaves_every_optimiser_as_it_was(optimiser):
    config = CONFIG.model_copy(update={"optimiser": optimiser, "steps": 3})
    skipping, two = start(config), start(config.model_copy(update={"steps": 2}))
    run(two, config.model_copy(update={"steps": 2}))
    run(skipping, config, objective=poisoned(3))
    assert skipping.skipped == 1
    assert same(tensors(skipping.flow), tensors(two.flow))
    for moments, others in zip(skipping.optimiser.state.values(), two.optimiser.state.values(), strict=True):
        assert same(moments, others)


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


def test_a_step_that_was_broken_off_in_the_middle_is_neither_gone_on_with_nor_saved(tmp_path, monkeypatch):
    state = start(CONFIG)

    def broken(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("oodflow.training.loop.step_if", broken)
        run(state, CONFIG)
    assert not state.whole
    for what in (lambda: run(state, CONFIG), lambda: state.save(tmp_path / "checkpoint.safetensors", CONFIG)):
        with pytest.raises(OodflowError, match="step 1 was broken off half done: restore the state from a checkpoint"):
            what()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [MemoryError, torch.OutOfMemoryError, KeyboardInterrupt])
def test_a_step_whose_gradients_fail_leaves_all_as_it_was(error, tmp_path):
    """Batch norms, too, which have seen the batch by then: what was done before can be saved, and gone on with."""

    def broken(flow, batch, loss):
        raise error

    def with_norms():
        return start(CONFIG, RealNVPConfig(scales=2, width=4, net=ResNetConfig(blocks=1)))

    half = CONFIG.model_copy(update={"steps": 3})
    state, expected = run(with_norms(), half), run(with_norms(), half)
    with pytest.raises(error):
        run(state, CONFIG, objective=Changed(change=broken))
    assert state.whole
    state.save(tmp_path / "checkpoint.safetensors", CONFIG)
    for name, tensor in tensors(expected.flow).items():
        assert torch.equal(tensors(state.flow)[name], tensor), name
    run(state, CONFIG)
    run(expected, CONFIG)
    for name, tensor in tensors(expected.flow).items():
        assert torch.equal(tensors(state.flow)[name], tensor), name


def test_terms_come_with_the_report():
    reports = []
    run(start(CONFIG), CONFIG, callbacks=[lambda state, report: reports.append(report)])
    assert [set(report.terms) for report in reports] == [{"bpd"}] * 6
    assert all(report.terms["bpd"] == pytest.approx(report.loss / (64 * math.log(2))) for report in reports)


def test_training_goes_on_after_a_few_bad_steps_and_ends_after_too_many():
    config = CONFIG.model_copy(update={"max_skipped": 1})
    state = run(start(config), config, objective=poisoned(1, 3, 5))
    assert (state.step, state.skipped, state.skipped_in_a_row) == (6, 3, 0)
    state = start(config)
    with pytest.raises(Diverged, match=r"2 steps in a row up to step 3 .* training\.lr"):
        run(state, config, objective=poisoned(2, 3))
    assert all(tensor.isfinite().all() for tensor in tensors(state.flow).values())


def test_steps_that_were_skipped_are_remembered_in_a_checkpoint(tmp_path):
    config = TrainingConfig(steps=5, batch_size=8)
    state = start(config)
    for parameter in state.flow.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.optimiser.step()
    for taken in (False, True, False, False):
        state.count_step(torch.tensor(taken))
    state.save(tmp_path / "state.safetensors", config)
    other = start(config)
    other.restore(tmp_path / "state.safetensors", config)
    assert (other.step, other.skipped, other.skipped_in_a_row) == (4, 3, 2)


def test_an_infinite_gradient_is_not_finite_either():
    def explosive(flow, batch, loss):
        parameter = next(flow.parameters())
        return loss + (parameter - parameter.detach()).abs().sum().sqrt()  # finite, but its gradient is not

    state, config = start(CONFIG), CONFIG.model_copy(update={"steps": 1})
    run(state, config, objective=Changed(change=explosive))
    assert state.skipped == 1


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


REVERSIBLE = CONFIG.model_copy(update={"memory": "reversible"})
BATCH_NORMED = RealNVPConfig(width=4, net=ResNetConfig(blocks=2))


@pytest.mark.parametrize("flow", [GlowConfig(steps=2, width=4), BATCH_NORMED], ids=["glow", "realnvp"])
def test_reversible_training_goes_the_same_way(flow):
    losses: dict[str, list[float]] = {"stored": [], "reversible": []}
    states = []
    for config in (CONFIG, REVERSIBLE):
        follow = losses[config.memory].append
        states.append(run(start(config, flow), config, callbacks=[lambda s, r, follow=follow: follow(r.loss)]))
    assert losses["reversible"] == pytest.approx(losses["stored"], rel=1e-4)
    stored, recomputed = (tensors(state.flow) for state in states)
    for name, tensor in stored.items():
        if name.endswith("num_batches_tracked"):
            assert tensor == recomputed[name] == CONFIG.steps
        elif "running" in name:
            assert torch.allclose(recomputed[name], tensor, rtol=1e-2, atol=1e-2), name


@pytest.mark.parametrize("config", [CONFIG, REVERSIBLE], ids=["stored", "reversible"])
def test_memory_says_what_is_stored(config):
    recomputed = []

    def looking(flow, batch, loss):
        z, _ = flow.bijection((batch[DATA].x + batch[DATA].noise) / 256)
        recomputed.append(type(z.grad_fn).__name__ == "_StoringNothingBackward")
        return loss

    run(start(config), config.model_copy(update={"steps": 1}), objective=Changed(change=looking))
    assert recomputed == [config.memory == "reversible"]


def test_reversible_training_resumes(tmp_path):
    straight = run(start(REVERSIBLE, BATCH_NORMED), REVERSIBLE)
    stopped = run(start(REVERSIBLE, BATCH_NORMED), REVERSIBLE.model_copy(update={"steps": 3}))
    stopped.save(tmp_path / "checkpoint.safetensors", CONFIG)
    resumed = start(REVERSIBLE, BATCH_NORMED)
    resumed.restore(tmp_path / "checkpoint.safetensors", CONFIG)
    run(resumed, REVERSIBLE)
    assert same(tensors(resumed.flow), tensors(straight.flow))


def test_a_reversible_step_that_is_not_finite_changes_nothing_either():
    state = start(REVERSIBLE, BATCH_NORMED)
    before = tensors(state.flow)
    run(state, REVERSIBLE.model_copy(update={"steps": 1}), objective=poisoned(1))
    assert state.skipped == 1
    assert same(before, tensors(state.flow))
