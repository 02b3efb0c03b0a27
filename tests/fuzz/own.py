"""Sound files of our own kinds: what runs, trainings, detectors and calibrations leave behind."""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch

from oodflow.config import Config
from oodflow.errors import OodflowError
from oodflow.flows import RealNVPConfig, TabularConfig, save_flow, save_tensors
from oodflow.nets import ConvNetConfig
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, override
from oodflow.runs.provenance import DataFacts, provenance
from oodflow.training import TrainingConfig, TrainState

SMALL = RealNVPConfig(scales=1, width=2, net=ConvNetConfig())
SHAPE = (1, 8, 8)
TRAINING = TrainingConfig(steps=4, batch_size=8, lr=1e-3, ema_decay=0.9)
KEY = "what was asked"


def written(write: Callable[[Path], object]) -> bytes:
    """Give the content of a file that is written to a path."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "x.safetensors")
        return (Path(folder) / "x.safetensors").read_bytes()


def without_digest(content: bytes) -> bytes:
    """As files were before they had a digest, by which nearly all damage is seen at once."""
    from safetensors.torch import load, save

    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    about = json.loads(header["__metadata__"]["oodflow"])
    return save(load(content), {name: text for name, text in about.items() if name != "digest"})


@cache
def weights() -> bytes:
    return written(lambda path: save_flow(path, SMALL.build(SHAPE)))


def config() -> bytes:
    return RECIPES["fashion-mnist-realnvp"]("cpu").model_dump_json(indent=2).encode()


def _run_config() -> RunConfig:
    return override(RECIPES["fashion-mnist-realnvp"]("smoke"), ["monitor.patience=2"])


def record() -> bytes:
    from oodflow.runs.record import RunRecord
    from oodflow.runs.training_facts import TrainingFacts

    training = TrainingFacts(
        **provenance("test").model_dump(), data=_facts("train"), parameters=9, device="cpu", steps=4, epochs=0.1,
        skipped_steps=0, seconds_in_steps=1.0, seconds=2.0, images_per_second=3.0,
        changes=[{"step": 2, "was": {"training.lr": 1.0}, "now": {"training.lr": 0.1}}],
        retreats=[{"diverged": 3, "skipped": 1, "step": 2, "rate": 0.25}],
    )  # fmt: skip
    return RunRecord(config=_run_config(), training=training).as_json().encode()


def _facts(split: str) -> DataFacts:
    return DataFacts(name="mnist", split=split, images=9, shape=SHAPE, fingerprint="f" * 16, note="")


def evaluation() -> bytes:
    from oodflow.evaluation.options import EvaluationOptions
    from oodflow.evaluation.record import EvaluatedSet, Evaluation

    inside = EvaluatedSet(
        **_facts("test").model_dump(), role="in-distribution test", bits_per_dim=3, bits_per_dim_bound=3,
        bits_per_dim_std=1, log_prob=-9, scores={}, differences={}, above={}, flagged={},
    )  # fmt: skip
    made = Evaluation(
        provenance=provenance("test"), step=1, weights="a" * 64, device="cpu", options=EvaluationOptions(), scores={},
        costs={"likelihood": 0.1}, thresholds={}, left_out={}, replaces=None, sets=(inside,),
    )  # fmt: skip
    return made.as_json().encode()


def read_record(root: Path) -> object:
    from oodflow.runs import RunDir

    return RunDir(root).record()


def read_evaluation(root: Path) -> object:
    from oodflow.evaluation.record import Evaluation

    return Evaluation.read(root / "evaluation.json")


def read_config(root: Path) -> object:
    from oodflow.runs import RunDir

    return RunDir(root).config()


def log() -> bytes:
    looks = [{"step": i, "seconds": 1.0, "inside": {"split": "calibration", "bpd": 5.0 - i}, "ood": {}} for i in (1, 2)]
    return "".join(json.dumps(line) + "\n" for line in ({"step": 1, "loss": 2.0}, *looks)).encode()


def read_log(root: Path) -> None:
    from oodflow.runs import RunDir
    from oodflow.session.best import Best
    from oodflow.session.journal import Board, Log

    run = RunDir(root)
    save_tensors(run.best_file, {"a": torch.zeros(2)}, {"look": json.dumps({"step": 1, "bpd": 4.0})})
    Best(run, "calibration", 3)
    Log(run.log_file, 1, Board(root / "board")).forget_after(1)


@cache
def checkpoint() -> bytes:
    """A state after a step: weights, averages, moments."""
    state = _state()
    for parameter in state.flow.parameters():
        parameter.grad = torch.ones_like(parameter)
    state.optimiser.step()
    state.count_step(torch.tensor(True))
    return written(lambda path: state.save(path, _config(), {"unlogged": []}))


def _state() -> TrainState:
    torch.manual_seed(0)
    return TrainState.start(SMALL.build(SHAPE), TRAINING)


def _config() -> Config:
    return TRAINING


def read_checkpoint(root: Path) -> None:
    """What is taken over can be trained on."""
    state = _state()
    state.restore(root / "checkpoint.safetensors", _config())
    with state.evaluating() as flow:
        flow.log_prob(np.zeros((2, *SHAPE), np.uint8))


@cache
def _detector() -> dict[str, bytes]:
    from oodflow import FlowDetector

    rows = np.random.default_rng(0).normal(size=(40, 3))
    flow = TabularConfig(couplings=2, width=4)
    made = FlowDetector(flow=flow, training=TrainingConfig(steps=2, batch_size=8), random_state=0).fit(rows)
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "detector")
        return {path.name: path.read_bytes() for path in (Path(folder) / "detector").iterdir()}


def _read_detector(root: Path, name: str) -> None:
    from oodflow import FlowDetector

    folder = root / "detector"
    _beside(folder, name, _detector())
    detector = FlowDetector.load(folder)
    with np.errstate(all="ignore"), suppress(OodflowError):  # of numbers that may well be, and are far too large
        detector.score_samples(np.zeros((2, 3)))


@cache
def _calibration() -> dict[str, bytes]:
    from oodflow.deployment.calibration import CalibrationRecord

    detector = _detector()
    record = CalibrationRecord(
        provenance=provenance("test"), key=KEY, weights="a" * 64, score={"kind": "likelihood"}, seed=0, columns=(),
        learned_from=_facts("calibration"), held_out=_facts("calibration"),
    )  # fmt: skip
    values = written(lambda path: save_tensors(path, {"scores": torch.zeros(9, dtype=torch.float64)}, {}))
    return {
        "calibration.json": record.as_json().encode(),
        "score.safetensors": detector["score.safetensors"],
        "held-out.safetensors": values,
    }


def _read_calibration(root: Path, name: str) -> None:
    """What is damaged counts as not there, and is made anew."""
    from oodflow.deployment.calibration import _kept

    folder = root / "calibration"
    _beside(folder, name, _calibration())
    kept = _kept(folder, KEY)
    if kept is not None:
        assert kept[1].ndim == 1
        assert np.isfinite(kept[1]).all()


def _beside(folder: Path, name: str, sound: dict[str, bytes]) -> None:
    for other, content in sound.items():
        if other != name:
            (folder / other).write_bytes(content)


FOLDERS = {
    "detector": (
        _detector, _read_detector, ("detector.json", "flow.safetensors", "score.safetensors", "arrays.safetensors")
    ),
    "calibration": (_calibration, _read_calibration, ("calibration.json", "score.safetensors", "held-out.safetensors")),
}  # fmt: skip
"""What is saved as several files: their content, and what reads all of them."""


def parts_of_folders() -> dict[str, tuple[str, Callable[[], bytes], Callable[[Path], object]]]:
    """Each file of what is saved as several, the others being sound; those of tensors without their digest, too."""
    parts = {}
    for folder, (sound, read, names) in FOLDERS.items():
        for name in names:
            place = f"{folder}/{name}"
            for kind in ("", " without a digest") if name.endswith(".safetensors") else ("",):
                parts[place + kind] = (place, partial(_content, sound, name, bool(kind)), partial(read, name=name))
    return parts


def _content(sound: Callable[[], dict[str, bytes]], name: str, without: bool) -> bytes:
    content = sound()[name]
    return without_digest(content) if without else content
