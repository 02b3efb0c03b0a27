"""A failure or an interrupt at any point of a step: what is on disk is a whole step, and resuming loses nothing."""

import itertools
import json
from pkgutil import resolve_name

import pytest

from making_runs import QUIET, assert_same, tensors
from oodflow.flows import load_tensors
from oodflow.runs import RunDir, override
from oodflow.session.options import SessionOptions
from oodflow.session.train import resume, start

POINTS = {
    "data": "oodflow.data.TrainingBatches.at",
    "noise": "oodflow.training.streams.training_noise",
    "rate": "oodflow.training.loop.learning_rate",
    "objective": "oodflow.training.MaximumLikelihood.__call__",
    "backward": "torch.Tensor.backward",
    "clipping": "oodflow.training.loop.clip_gradients",
    "optimiser": "oodflow.training.loop.step_if",
    "statistics": "oodflow.training.guard.Snapshot.restore_unless",
    "count": "oodflow.training.TrainState.count_step",
    "average": "oodflow.training.MovingAverage.update",
    "report": "torch.stack",
    "log": "oodflow.session.journal.Log.__call__",
    "look": "oodflow.session.monitor.Monitor.__call__",
    "lending": "oodflow.flows.Flow.load_state_dict",  # the averaged weights
    "callback": None,
    "checkpoint": "oodflow.session.checkpoints.Checkpoints.__call__",
    "state file": "oodflow.training.TrainState.save",
    "weights file": "oodflow.session.checkpoints.save_flow",
    "record": "oodflow.session.training_record.TrainingRecord.write",
}


class Broken(Exception):
    """What goes wrong."""


@pytest.fixture(scope="module", autouse=True)
def without_tensorboard():
    """It has nothing to say here, and takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda name: None)
        yield


@pytest.fixture(scope="module")
def config(trained):
    settings = [
        "flow.kind=single-scale",
        "flow.couplings=1",
        "flow.width=2",
        "flow.net.kind=resnet",
        "flow.net.blocks=1",
    ]
    settings += ["training.steps=5", "training.checkpoint_every=2", "monitor.images=2", "monitor.samples=1"]
    return override(RunDir(trained).config(), settings)


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory):
    """The run without any failure, with a copy of its state after every step."""
    path = tmp_path_factory.mktemp("whole")

    def keep(state, report):
        state.save(path / f"{report.step}.safetensors", config)

    start(config, path / "run", SessionOptions(**QUIET, callbacks=[keep]))
    return path


def once(real, error, armed, after):
    """Wrap a function so that it fails once it is armed, before or after its work."""

    def function(*arguments, **options):
        result = real(*arguments, **options) if after or not armed else None
        if armed:
            armed.clear()
            raise error
        return result

    return function


@pytest.mark.parametrize(
    ("point", "after", "error"),
    [
        *itertools.product(POINTS, [False, True], [Broken]),
        *itertools.product(["objective", "optimiser", "average", "lending", "state file"], [True], [KeyboardInterrupt]),
    ],
)
def test_a_failure_anywhere_leaves_a_whole_step(config, whole, tmp_path, monkeypatch, point, after, error):
    armed = []

    def arm(state, report):
        if report.step == 3:
            armed.append(True)

    callbacks = [arm]
    with monkeypatch.context() as patch:
        if target := POINTS[point]:
            patch.setattr(target, once(resolve_name(target), error, armed, after))
        else:
            callbacks.append(once(lambda state, report: None, error, armed, after))
        with pytest.raises(error):
            start(config, tmp_path / "run", SessionOptions(**QUIET, callbacks=callbacks))
    run = RunDir(tmp_path / "run")
    saved, metadata = load_tensors(run.checkpoint_file)
    step = json.loads(metadata["counters"])["step"]
    assert step in (2, 3, 4)
    assert_same(saved, tensors(whole, f"{step}.safetensors"))
    resume(run, SessionOptions(**QUIET))
    for name in ("weights.safetensors", "checkpoint.safetensors"):
        assert_same(tensors(run.path, name), tensors(whole / "run", name))
