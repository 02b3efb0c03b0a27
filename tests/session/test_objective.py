"""Runs with another objective: from the command line, watched, recorded, resumed, and checked against their data."""

import json

import numpy as np
import pytest
import torch

import oodflow as package
from making_runs import QUIET, assert_same, logged, record_of, stopped, tensors, without_times
from oodflow.data import load
from oodflow.evaluation.record import evaluations
from oodflow.runs import RunDir
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start
from oodflow.training import NegativeTraining


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """Forty images of a single grey each, of which 32, 4 and 4 are dealt to the parts."""
    path = tmp_path_factory.mktemp("blank") / "blank.npy"
    values = np.random.default_rng(41).integers(0, 256, (40, 1, 1, 1), dtype=np.uint8)
    np.save(path, np.broadcast_to(values, (40, 1, 8, 8)))
    return f"npy:{path}"


@pytest.fixture(scope="module")
def arguments(tiny, blank):
    return [*tiny, "objective=negative", f"objective.data={blank}", "objective.threshold=-600"]


@pytest.fixture
def config(oodflow, arguments):
    result = oodflow(*arguments, "training.log_every=3", "training.steps=7", "--print-config")
    return package.runs.RunConfig.model_validate_json(result.out)


def log_prob(run, spec, split):
    flow = package.load(run)
    x = torch.from_numpy(load(spec, split).batch(slice(None)))
    with torch.no_grad():
        return flow.log_prob(x, noise=torch.full(x.shape, 0.5)).mean().item()


def test_negative_training_from_the_command_line(oodflow, arguments, blank, sets, tmp_path):
    settings = ["flow=glow", "flow.scales=1", "flow.steps=4", "flow.width=16", "flow.net=convnet", f"ood={blank}"]
    settings += ["training.batch_size=16", "training.lr=3e-3", "training.max_grad_norm=1000", "monitor.every=1000"]
    for steps in (1, 300):
        result = oodflow(*arguments, *settings, f"training.steps={steps}", "--out", tmp_path / str(steps))
        assert result.code == 0, result.err
    assert f"With the objective negative, beside them on 32 images of {blank}." in result.err
    assert log_prob(tmp_path / "300", blank, "test") < -600  # held-out ones too
    assert log_prob(tmp_path / "300", sets.inside, "test") > log_prob(tmp_path / "1", sets.inside, "test") + 50
    first, *_, last, look = logged(tmp_path / "300")
    assert set(last) == {
        "step", "loss", "bpd", "ood_bpd", "ood_log_prob", "ood_above", "lr", "grad_norm", "skipped", "seconds",
    }  # fmt: skip
    assert last["bpd"] < first["bpd"]
    assert last["ood_log_prob"] < -600 < first["ood_log_prob"]
    assert last["ood_above"] < first["ood_above"] == 1.0
    assert look["ood"][blank]["auroc"] == 1.0


def test_every_set_that_is_trained_on_stands_in_the_record(config, blank, tmp_path):
    run = start(config, tmp_path / "run", SessionOptions(**QUIET))
    training = record_of(run.path)["training"]
    images = load(blank, "train")
    assert training["streams"] == {
        "ood": {
            "name": blank, "split": "train", "images": 32, "shape": [1, 8, 8], "fingerprint": images.fingerprint,
            "note": "",
        }
    }  # fmt: skip
    said = record_of(run.path)["config"]["objective"]
    assert said == NegativeTraining(data=blank, threshold=-600.0).model_dump(mode="json")


def test_images_that_an_objective_has_pushed_down_are_not_asked_about(oodflow, config, blank, sets, tmp_path):
    run = start(config.model_copy(update={"ood": (blank, sets.outside)}), tmp_path / "run", SessionOptions(**QUIET))
    assert oodflow("evaluate", run.path).code == 0
    _, trained_on, other = evaluations(run)[-1].sets
    assert (trained_on.split, trained_on.images) == ("test", 4)
    assert trained_on.fingerprint == load(blank, "test").fingerprint
    assert (other.split, other.images) == ("all", 40)


@pytest.mark.parametrize("step", [2, 5])
def test_resumed_equals_uninterrupted_in_weights_and_log(config, tmp_path, step):
    whole = start(config, tmp_path / "whole", SessionOptions(**QUIET))
    run = stopped(tmp_path / "run", config, step)
    resume(run, SessionOptions(**QUIET))
    for name in ("weights.safetensors", "checkpoint.safetensors"):
        assert_same(tensors(run.path, name), tensors(whole.path, name))

    assert without_times(logged(run.path)) == without_times(logged(whole.path))
    assert [line["step"] for line in logged(run.path)] == [3, 6, 7]


def test_images_that_are_trained_on_are_known_by_another_spelling(oodflow, config, tiny, blank, sets, tmp_path):
    assert config.asked_split(blank) == config.asked_split(f"{blank}?shape=1x8x8") == "test"
    assert config.asked_split(f"{blank}?mutated=0.2") == config.asked_split(f"{sets.inside}?mutated=0.2") == "test"
    assert config.asked_split(sets.outside) == "all"
    inside = f"{sets.inside}?shape=1x8x8"
    result = oodflow(*tiny, "objective=negative", f"objective.data={inside}", "--out", tmp_path / "run")
    assert f"{inside} is data and also ood of objective=negative" in result.error


def test_data_of_a_stream_that_changed_since_is_noticed(oodflow, config, tmp_path):
    np.save(tmp_path / "other.npy", np.full((40, 1, 8, 8), 7, np.uint8))
    objective = config.objective.model_copy(update={"data": f"npy:{tmp_path / 'other.npy'}"})
    run = stopped(tmp_path / "run", config.model_copy(update={"objective": objective}), 2)
    np.save(tmp_path / "other.npy", np.full((40, 1, 8, 8), 8, np.uint8))
    result = oodflow("train", "--resume", run.path)
    assert result.code == 1
    assert "was begun on 40 images of npy:" in result.error
    assert "bring the former data back" in result.error


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["objective=negativ"], "unknown objective 'negativ': did you mean 'negative'"),
        (
            ["objective=negative"],
            "objective.data is missing: name the data set whose likelihood negative training is to",
        ),
        (["objective=negative", "objective.data=mnits"], "unknown data set 'mnits': did you mean 'mnist'"),
        (["objective=negative", "objective.data=noise"], "the flow takes 1x8x8: write noise?shape=1x8x8"),
        (["objective=negative", "objective.data={inside}"], "is data and also ood of objective=negative: name another"),
        (["objective.threshold=-5"], "objective.threshold is a setting of objective=negative, this run has likelihood"),
        (["objective=negative", "objective.threshold=low"], "does not fit objective.threshold"),
    ],
)
def test_bad_usage(oodflow, tiny, sets, tmp_path, settings, message):
    settings = [setting.format(inside=sets.inside) for setting in settings]
    result = oodflow(*tiny, *settings, "--out", tmp_path / "run")
    assert message in result.error
    assert result.code == 2
    assert not (tmp_path / "run").exists()


def test_a_configuration_and_a_checkpoint_of_before_objectives(run, trained):
    """What they do not say is what they meant: they load, and the checkpoint goes on."""
    config = json.loads((run / "config.json").read_text())
    del config["objective"], config["training"]["clip"], config["training"]["deterministic"]
    (run / "config.json").write_text(json.dumps(config))
    assert RunDir(run).config() == RunDir(trained).config()
    rewrite_metadata(run / "checkpoint.safetensors", config)
    (run / "weights.safetensors").unlink()  # as if it had not been finished
    resume(RunDir(run), SessionOptions(**QUIET))
    assert_same(tensors(run), tensors(trained))


@pytest.mark.parametrize(("decay", "clip"), [("gains", "apart"), ("all", "together")])
def test_clipping_of_a_configuration_that_does_not_name_it(run, decay, clip):
    config = json.loads((run / "config.json").read_text())
    del config["training"]["clip"]
    config["training"]["decay"] = decay
    (run / "config.json").write_text(json.dumps(config))
    assert RunDir(run).config().training.clip == clip


def rewrite_metadata(path, config):
    tensors, metadata = package.flows.load_tensors(path)
    del metadata["notes"]
    package.flows.save_tensors(path, tensors, metadata | {"config": json.dumps(config)})
