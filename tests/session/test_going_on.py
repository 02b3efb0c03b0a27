"""Going on otherwise: with another rate, more steps, after divergence, and from weights that were trained before."""

import json

import numpy as np
import pytest
import torch

import oodflow as package
from making_runs import QUIET, assert_same, logged, record_of, stopped, tensors
from oodflow.config import differences
from oodflow.data import load
from oodflow.errors import NotThere, OodflowError, UsageError
from oodflow.flows import save_flow
from oodflow.recipes import RECIPES
from oodflow.runs import RunDir, override
from oodflow.runs.going_on import FREE, REASONS
from oodflow.runs.overrides import fields_of
from oodflow.runs.starting_weights import begin_from
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start
from oodflow.training import Diverged

GLOW = [
    "flow.kind=glow", "flow.scales=1", "flow.steps=1", "flow.width=4", "flow.net.kind=resnet", "flow.net.blocks=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def config(trained):
    return override(RunDir(trained).config(), [*GLOW, "training.checkpoint_every=1"])


@pytest.fixture(scope="module")
def finished(config, tmp_path_factory):
    return start(config, tmp_path_factory.mktemp("finished") / "run", SessionOptions(**QUIET)).path


def test_more_steps_are_those_of_a_longer_training(config, finished, tmp_path, oodflow):
    longer = override(config, ["training.steps=7"])
    whole = start(longer, tmp_path / "whole", SessionOptions(**QUIET))
    run = stopped(tmp_path / "run", config, 3)
    resume(run, SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(finished))
    result = oodflow("train", "--resume", run.path, "training.steps=7")
    assert result.code == 0
    assert "From step 5 on with training.steps=7 (it was 4)." in result.err
    assert_same(tensors(run.path), tensors(whole.path))
    assert run.config() == longer
    training = record_of(run.path)["training"]
    assert training["steps"] == 7
    assert training["changes"] == [{"step": 4, "was": {"training.steps": 4}, "now": {"training.steps": 7}}]
    assert "is finished: all its 7 steps are taken" in oodflow("train", "--resume", run.path).err


def test_as_many_steps_as_are_taken_leave_none(config, tmp_path, oodflow):
    run = stopped(tmp_path / "run", config, 3)
    error = oodflow("train", "--resume", run.path, "training.steps=3").error
    assert "has taken 3 of its 4 steps, and training.steps=3 leaves none to take" in error


def test_another_rate_from_some_step_on(config, tmp_path):
    said, rates = [], []
    run = stopped(tmp_path / "run", config, 2)
    options = SessionOptions(
        command="test", say=said.append, callbacks=[lambda state, report: rates.append((report.step, report.lr))]
    )
    resume(run, options, ["training.lr=2e-4", "training.max_grad_norm=5", "monitor.every=1"])
    assert rates == [(3, 2e-4), (4, 2e-4)]
    assert "training.lr=0.0002 (it was 0.001)" in "".join(said)
    (change,) = record_of(run.path)["training"]["changes"]
    assert change["step"] == 2
    assert change["was"] == {"monitor.every": 100, "training.lr": 1e-3, "training.max_grad_norm": None}
    assert change["now"] == {"monitor.every": 1, "training.lr": 2e-4, "training.max_grad_norm": 5.0}


@pytest.mark.parametrize("saved", [2, 3])
def test_a_change_is_written_down_though_the_session_that_made_it_was_killed(config, tmp_path, saved):
    """Its configuration is there before its first checkpoint is, and that may be without a record."""

    def kill(state, report):
        if report.step == saved + 1:
            run.record_file.write_text(record)
            raise SystemExit

    run = stopped(tmp_path / "run", config, 2)
    record = run.record_file.read_text()
    if saved == 2:
        run.write_config(override(config, ["training.lr=2e-4"]))
    else:
        with pytest.raises(SystemExit):
            resume(run, SessionOptions(**QUIET, callbacks=[kill]), ["training.lr=2e-4"])
        run.record_file.write_text(record)
    resume(run, SessionOptions(**QUIET))
    (change,) = record_of(run.path)["training"]["changes"]
    assert change == {"step": 2, "was": {"training.lr": 1e-3}, "now": {"training.lr": 2e-4}}


def test_what_has_not_changed_is_not_written(finished):
    training = record_of(finished)["training"]
    assert not {"changes", "retreats"} & training.keys()
    assert "start" not in json.loads((finished / "config.json").read_text())


OTHERS = {
    "training.batch_size": "4", "training.seed": "1", "training.optimiser": "adamw", "training.decay": "all",
    "training.ema_decay": "null", "monitor.patience": "3", "monitor.images": "3", "flow.width": "8",
    "data": "digits?shape=1x8x8", "split": "train+calibration", "objective": "negative", "ood": "[]",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_would_make_it_another_run_is_refused_by_name(oodflow, finished, name):
    before = (finished / "config.json").read_bytes()
    result = oodflow("train", "--resume", finished, f"{name}={OTHERS[name]}", "training.steps=9")
    assert result.code == 2
    assert f"oodflow: {name}" in result.error
    assert f"can't become {OTHERS[name].replace('null', 'None').split('?')[0]}" in result.error or name in (
        "objective",
        "ood",
    )
    assert "`oodflow train RECIPE --from" in result.error
    assert (finished / "config.json").read_bytes() == before


def test_every_setting_is_free_or_has_a_reason(config):
    """A new one is thought of."""
    for name in fields_of(override(config, ["monitor.patience=2"])):
        parts = name.split(".")
        assert (name in FREE) or any(".".join(parts[:length]) in REASONS for length in range(1, len(parts) + 1)), name


@pytest.mark.parametrize("settings", [["training.lr=1e-5"], ["training.steps=3"]])
def test_a_finished_run_goes_on_with_more_steps_alone(oodflow, finished, settings):
    result = oodflow("train", "--resume", finished, *settings)
    assert result.code == 2
    assert "is finished: all its 4 steps are taken; set a larger training.steps, too" in result.error


def test_a_recipe_beside_a_run_is_refused(oodflow, finished):
    assert "leave mnist-glow away" in oodflow("train", "--resume", finished, "mnist-glow", "training.lr=1e-4").error
    assert "train needs a RECIPE" in oodflow("train", "training.lr=1e-4").error


def test_divergence_is_left_by_a_lower_rate(oodflow, config, tmp_path):
    """What ends a training is written down, and so is the way on."""

    def wreck(state, report):
        if report.step == 3:
            next(state.flow.parameters()).data.fill_(torch.nan)

    run = RunDir(tmp_path / "run")
    impatient = override(config, ["training.max_skipped=0", "training.checkpoint_every=2"])
    with pytest.raises(Diverged, match="the state after step 2 is saved"):
        start(impatient, run.path, SessionOptions(**QUIET, callbacks=[wreck]))
    retreats = record_of(run.path)["training"]["retreats"]
    assert [one["rate"] for one in retreats] == [0.25, 0.0625, 0.015625]
    assert {(one["diverged"], one["skipped"], one["step"]) for one in retreats} == {(4, 1, 2)}
    rates = []
    options = SessionOptions(**QUIET, callbacks=[lambda state, report: rates.append(report.lr)])
    resume(run, options, ["training.lr=1e-4"])
    assert set(rates) == {1e-4}, "it is meant as it is"
    training = record_of(run.path)["training"]
    assert training["steps"] == 4
    assert training["retreats"] == retreats
    assert [change["now"] for change in training["changes"]] == [{"training.lr": 1e-4}]
    assert oodflow("evaluate", run.path).code == 0


def test_retreats_before_anything_is_saved_are_written_down(config, tmp_path):
    """And the training can be begun anew in the same run, which is said to have no steps."""

    def wreck(state, report):
        if report.step == 1:
            next(state.flow.parameters()).data.fill_(torch.nan)

    run = RunDir(tmp_path / "run")
    impatient = override(config, ["training.max_skipped=0", "training.checkpoint_every=2"])
    with pytest.raises(Diverged, match="nothing was saved"):
        start(impatient, run.path, SessionOptions(**QUIET, callbacks=[wreck]))
    training = record_of(run.path)["training"]
    assert [(one["diverged"], one["step"], one["rate"]) for one in training["retreats"]] == [
        (2, 0, 0.25),
        (2, 0, 0.0625),
        (2, 0, 0.015625),
    ]
    assert (training["steps"], run.weights_file.exists()) == (0, False)
    resume(run, SessionOptions(**QUIET))
    again = record_of(run.path)["training"]
    assert (again["steps"], again["retreats"]) == (4, training["retreats"])


def test_a_retreat_that_helped_is_written_down(config, tmp_path):
    def wreck(state, report):
        if report.step == 3 and not state.retreats:
            next(state.flow.parameters()).data.fill_(torch.nan)

    run = start(
        override(config, ["training.max_skipped=0", "training.checkpoint_every=2"]),
        tmp_path / "run",
        SessionOptions(**QUIET, callbacks=[wreck]),
    )
    (retreat,) = record_of(run.path)["training"]["retreats"]
    assert retreat == {"diverged": 4, "skipped": 1, "step": 2, "rate": 0.25}


def test_beginning_with_weights(oodflow, finished, config, tmp_path, tiny):
    """What data has set up stays as it was; the first step is taken from there."""
    seen = []

    def look(state, report):
        if report.step == 1:
            seen.append({name: tensor.detach().clone() for name, tensor in state.flow.named_parameters()})

    other = override(config, ["training.lr=1e-12", "training.seed=5", f"data={config.ood[0]}", "ood=[]"])
    tuned = begin_from(other, finished)
    run = start(tuned, tmp_path / "run", SessionOptions(**QUIET, callbacks=[look]))
    before = package.load(finished).state_dict()
    for name, tensor in seen[0].items():
        assert torch.allclose(tensor.double(), before[name].double(), atol=1e-9), name
    assert record_of(run.path)["config"]["start"] == {
        "path": str(finished / "weights.safetensors"), "digest": tuned.start.digest, "data": [config.data],
        "whole": [],
    }  # fmt: skip
    assert tuned.asked_split(config.data) == "test", "for the weights know the rest"
    written = tmp_path / "here"
    result = oodflow(*tiny, *GLOW, "--from", finished)
    assert result.code == 0, result.err
    assert f"It begins with the weights of {finished / 'weights.safetensors'}." in result.err
    assert len(list((written / "runs").iterdir())) == 1


def test_a_training_from_weights_goes_on_bit_for_bit(finished, config, tmp_path):
    tuned = begin_from(override(config, ["training.lr=1e-3", "training.seed=5"]), finished / "weights.safetensors")
    assert tuned.start.data == ()
    whole = start(tuned, tmp_path / "whole", SessionOptions(**QUIET))
    run = stopped(tmp_path / "run", tuned, 1)
    resume(run, SessionOptions(**QUIET))
    assert_same(tensors(run.path), tensors(whole.path))
    assert [line["step"] for line in logged(run.path)] == [line["step"] for line in logged(whole.path)]


def test_a_domain_keeps_its_units(tmp_path):
    """They are the weights', not those of the data that training goes on with."""
    rng = torch.Generator().manual_seed(0)
    for name, factor in (("a", 1.0), ("b", 100.0)):
        np.save(tmp_path / f"{name}.npy", (factor * torch.randn(60, 3, generator=rng)).double().numpy())
    settings = ["flow.kind=tabular", "ood=[]", "training.batch_size=8", "training.steps=2"]
    base = override(RECIPES["tabular-realnvp"]("smoke"), [*settings, f"data=npy:{tmp_path / 'a.npy'}"])
    first = start(base, tmp_path / "first", SessionOptions(**QUIET))
    second = override(base, [f"data=npy:{tmp_path / 'b.npy'}"])
    run = start(begin_from(second, first.path), tmp_path / "second", SessionOptions(**QUIET))
    assert torch.equal(package.load(run.path).domain.mean, package.load(first.path).domain.mean)


def test_weights_of_another_flow_are_refused(oodflow, tiny, finished, tmp_path):
    result = oodflow(*tiny, *GLOW, "flow.width=8", "--from", finished)
    assert result.code == 2
    assert "are of another flow than this one, whose flow.width is 8: set flow.width=4" in result.error
    assert oodflow(*tiny, "--from", tmp_path / "nowhere.safetensors").code == 2
    with pytest.raises(UsageError, match="is not a run"):
        begin_from(RunDir(finished).config(), tmp_path)
    (tmp_path / "x.safetensors").write_bytes(b"no weights")
    assert "is not a whole safetensors file" in oodflow(*tiny, "--from", tmp_path / "x.safetensors").error
    assert "start can't be set" in oodflow(*tiny, "start=x").error
    other = override(RunDir(finished).config(), ["data=photographs?shape=1x12x12", "ood=[]"])
    with pytest.raises(UsageError, match="a flow over"):
        start(begin_from(other, finished), tmp_path / "other", SessionOptions(**QUIET))
    assert not (tmp_path / "other").exists()


def test_held_out_data_that_the_weights_know_are_none(config, finished, tmp_path):
    (tmp_path / "run").mkdir()
    whole = override(config, ["split=train+calibration"])
    RunDir(tmp_path / "run").write_config(whole)
    save_flow(tmp_path / "run/weights.safetensors", package.load(finished))
    with pytest.raises(UsageError, match=r"nothing is held out from its weights: set split=train\+calibration, too"):
        begin_from(config, tmp_path / "run")
    tuned = begin_from(whole, tmp_path / "run")
    assert tuned.start.data == tuned.start.whole == (config.data,)

    (tmp_path / "between").mkdir()
    between = override(begin_from(override(config, ["data=flat?shape=1x8x8"]), tmp_path / "run"), [])
    RunDir(tmp_path / "between").write_config(between)
    save_flow(tmp_path / "between/weights.safetensors", package.load(finished))
    assert between.start.whole == (config.data,)
    with pytest.raises(UsageError, match="nothing is held out from its weights"):
        begin_from(config, tmp_path / "between")


def test_a_run_that_was_not_begun_yet_knows_its_weights(config, finished, tmp_path):
    weights = tmp_path / "weights.safetensors"
    save_flow(weights, package.load(finished))
    run = RunDir(tmp_path / "run")
    run.write_config(begin_from(config, weights))
    save_flow(weights, config.flow.build((1, 8, 8)))
    with pytest.raises(OodflowError, match="is another file than this training was begun with"):
        resume(run, SessionOptions(**QUIET))
    weights.unlink()
    with pytest.raises(NotThere):
        resume(run, SessionOptions(**QUIET))


def test_patience_gets_longer_and_the_best_weights_stay_the_best(config, tmp_path):
    """Also those that a finished run has taken for its own."""
    settings = ["training.steps=20", "training.lr=1e-3", "monitor.every=2", "monitor.patience=1", "monitor.images=16"]
    patient = override(config, settings)

    def worse(state, report):
        if report.step == 3:
            for parameter in state.flow.parameters():
                parameter.data.mul_(1.5)

    run = start(patient, tmp_path / "run", SessionOptions(**QUIET, callbacks=[worse]))
    kept = tensors(run.path)
    ended = record_of(run.path)["training"]["steps"]
    assert ended < 20
    with pytest.raises(UsageError, match=r"nothing better had come by step .* set a larger monitor\.patience"):
        resume(run, SessionOptions(**QUIET), ["training.lr=1e-12"])
    said = []
    resume(run, SessionOptions(command="test", say=said.append), ["monitor.patience=2", "training.lr=1e-12"])
    assert record_of(run.path)["training"]["steps"] > ended
    assert_same(tensors(run.path), kept)
    assert "The weights after step 2 of" in said[-1]
    assert not run.best_file.exists()


def test_damaged_best_weights_are_told_and_looked_for_anew(oodflow, config, tmp_path):
    patient = override(config, ["training.steps=8", "monitor.every=1", "monitor.patience=8", "monitor.images=16"])
    run = stopped(tmp_path / "run", patient, 4)
    run.best_file.write_bytes(run.best_file.read_bytes()[:-10])
    result = oodflow("train", "--resume", run.path)
    assert result.code == 0
    assert f"{run.best_file} is not a whole safetensors file" in result.err
    assert "training looks for better ones from here on" in result.err
    assert np.isfinite(package.load(run.path).log_prob(load(config.data, "calibration").batch(slice(0, 5)))).all()


def test_both_damaged_checkpoints_are_named(oodflow, config, tmp_path):
    run = stopped(tmp_path / "run", config, 3)
    for path in (run.checkpoint_file, run.former_checkpoint_file):
        path.write_bytes(path.read_bytes()[:-10])
    error = oodflow("train", "--resume", run.path).error
    assert str(run.checkpoint_file) in error
    assert str(run.former_checkpoint_file) in error


def test_a_look_that_fails_is_no_divergence(config, tmp_path, monkeypatch):
    """Only numbers that are not finite say that a flow is of no use."""

    def fail(self, statistics):
        raise OodflowError("the disk has gone")

    monkeypatch.setattr("oodflow.session.monitor.Observation.collect", fail)
    with pytest.raises(OodflowError, match="the disk has gone"):
        start(config, tmp_path / "run", SessionOptions(**QUIET))
    assert record_of(tmp_path / "run")["training"]["steps"] == 4, "saved as it is"


def test_a_run_begins_where_one_was_killed_before_it_had_written_anything(config, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.config.json.0123abcd.tmp").write_text("{")
    assert RunDir.new(tmp_path / "run").path == tmp_path / "run"
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="already holds something"):
        RunDir.new(tmp_path / "run")


def test_differences_are_named_by_their_place():
    assert differences({"a": {"b": 1}}, {"a": {"b": 1, "c": None}}) == {}
    assert differences({"a": {"b": 1}}, {"a": {"c": 2}}) == {"a.b": (1, None), "a.c": (None, 2)}
