"""Steps that are not finite, or fail: nothing of them is left."""

import pytest
import torch

from oodflow.errors import OodflowError
from oodflow.flows import RealNVPConfig
from oodflow.nets import ResNetConfig
from oodflow.training import (
    OPTIMISERS,
    Diverged,
    TrainingConfig,
)

from .running import CONFIG, Changed, poisoned, run, same, start, tensors


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
