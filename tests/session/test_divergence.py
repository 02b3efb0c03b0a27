"""Training that diverges: what is saved, how it goes on, and when it ends."""

import pickle

import pytest
import torch

import oodflow as package
from making_runs import QUIET, assert_same, logged, record_of, tensors
from oodflow.data import load
from oodflow.runs import RunDir
from oodflow.session.monitor import Monitor
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start
from oodflow.training import Diverged
from oodflow.training.streams import training_noise


def test_divergence(oodflow, tmp_path, tiny):
    run = tmp_path / "run"
    settings = ["training.lr=1e6", "training.steps=100", "training.max_skipped=3", "flow.net.kind=resnet"]
    result = oodflow(*tiny, *settings, "monitor.every=2", "--out", run)
    assert result.code == 1
    assert "training diverged: 4 steps in a row" in result.error
    assert "Try a lower training.lr than 1e+06" in result.error
    assert f"nothing was saved in {run}" in result.error
    assert logged(run)[-1]["skipped"] >= 3
    assert logged(run)[-1]["loss"] is None
    assert "has no weights yet" in oodflow("evaluate", run).error


def test_likelihoods_that_float32_can_not_tell_apart_are_of_no_use(oodflow, tmp_path, tiny):
    """Though they are finite, and no step is skipped."""
    run = tmp_path / "run"
    result = oodflow(*tiny, "training.lr=2", "--out", run)
    assert result.code == 1
    assert "nats are too large to tell images of " in result.err
    assert "too large to be told apart: this flow is of no use" in result.error
    assert "Done" not in result.err
    assert not (run / "weights.safetensors").exists()
    assert oodflow("train", "--resume", run, "training.lr=1e-3").code == 0
    assert logged(run)[-1]["inside"]["bpd"] < 20


def test_skipped_steps_are_told_at_the_end(config, tmp_path):
    said, before = [], []

    def wreck(state, report):  # a step is skipped where a weight is not finite, for then the loss is not
        weight = next(state.flow.parameters()).data.flatten()[:1]
        if report.step == 1:
            before.append(weight.clone())
            weight.fill_(torch.nan)
        elif report.step == 2:
            weight.copy_(before.pop())

    bare = config.model_copy(update={"training": config.training.model_copy(update={"ema_decay": None})})
    start(bare, tmp_path / "run", SessionOptions(command="test", say=said.append, callbacks=[wreck]))
    assert said[-1] == "1 of 4 steps were skipped: loss or gradient was not finite."


def test_divergence_leaves_the_last_sound_checkpoint(trained, config, tmp_path):
    def wreck(state, report):
        if report.step == 3:
            next(state.flow.parameters()).data.fill_(torch.nan)

    impatient = config.model_copy(update={"training": config.training.model_copy(update={"max_skipped": 0})})
    run = RunDir(tmp_path / "run")
    with pytest.raises(Diverged, match=f"the state after step 2 is saved in {run.path}"):
        start(impatient, run.path, SessionOptions(**QUIET, callbacks=[wreck]))
    assert record_of(run.path)["training"]["steps"] == 2
    resume(run, SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(trained))


def test_what_diverges_goes_on_from_where_it_was_sound_more_slowly_and_with_other_noise(config, tmp_path):
    rates, said = [], []

    def wreck(state, report):
        rates.append((report.step, state.retreats, report.lr))
        if report.step == 3 and state.retreats < 2:
            next(state.flow.parameters()).data.fill_(torch.nan)

    often = config.training.model_copy(update={"max_skipped": 0, "checkpoint_every": 1, "warmup_steps": 0})
    impatient = config.model_copy(update={"training": often})
    run = start(impatient, tmp_path / "run", SessionOptions(command="test", say=said.append, callbacks=[wreck]))
    taken = [(step, retreats) for step, retreats, _ in rates]
    assert taken == [(1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (4, 2)]
    lrs = [lr for step, _, lr in rates if step == 3]
    assert lrs == pytest.approx([lrs[0], lrs[0] / 4, lrs[0] / 16])
    assert sum("It goes on from there, or begins anew, with" in line for line in said) == 2
    assert record_of(run.path)["training"]["steps"] == 4
    assert package.load(run.path).log_prob(load(config.data, "calibration").batch(slice(0, 5))).shape == (5,)


def test_a_checkpoint_that_no_step_can_be_taken_from_makes_room_for_the_one_before(config, tmp_path):
    doomed = []

    def wreck(state, report):
        if report.step == 3 and not doomed:  # finite, and so saved, but every step from here is not
            doomed.append([parameter.detach().clone() for parameter in state.flow.parameters()])
            for parameter in state.flow.parameters():
                parameter.data.fill_(1e30)

    often = config.training.model_copy(update={"max_skipped": 0, "checkpoint_every": 1, "ema_decay": None})
    impatient = config.model_copy(update={"training": often})
    run = start(impatient, tmp_path / "run", SessionOptions(**QUIET, callbacks=[wreck]))
    assert record_of(run.path)["training"]["steps"] == 4
    weights = package.load(run.path).parameters()
    assert all(parameter.abs().max() < 1e20 for parameter in weights)


def test_an_end_by_divergence_can_be_told_by_another_process():
    error = pickle.loads(pickle.dumps(Diverged("it diverged", 2)))
    assert (str(error), error.retreats) == ("it diverged", 2)


def test_other_noise_is_drawn_after_a_retreat():
    images = torch.zeros(2, 1, 3, 3)
    noises = [training_noise(images, 7, 5, retreats) for retreats in (0, 0, 1, 2)]
    assert torch.equal(noises[0], noises[1])
    assert not torch.equal(noises[1], noises[2])
    assert not torch.equal(noises[2], noises[3])


def test_a_flow_that_can_not_score_what_it_is_for_is_not_done(config, tmp_path):
    def wreck(state, report):
        if report.step == 3:  # the last but one: too late for so many steps to be skipped that training ends
            for parameter in state.flow.parameters():
                parameter.data.fill_(torch.nan)

    bare = config.model_copy(update={"training": config.training.model_copy(update={"ema_decay": None})})
    with pytest.raises(Diverged, match="after step 4 the log-probabilities of calibration data are not finite"):
        start(bare, tmp_path / "run", SessionOptions(**QUIET, callbacks=[wreck]))
    assert record_of(tmp_path / "run")["training"]["steps"] == 2, "and it does not pass for finished"


def test_a_flow_that_a_look_found_to_be_of_no_use_is_not_saved(config, tmp_path, monkeypatch):
    monkeypatch.setattr(Monitor, "_look", lambda self, *arguments: setattr(self, "sound", False))
    often = config.model_copy(update={"training": config.training.model_copy(update={"checkpoint_every": 1})})
    with pytest.raises(Diverged, match=r"after step 4 .* Meanwhile the state after step 3 is saved"):
        start(often, tmp_path / "run", SessionOptions(**QUIET))
    assert record_of(tmp_path / "run")["training"]["steps"] == 3
