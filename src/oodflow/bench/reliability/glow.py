"""The published Glow's training, whose users see it end in NaN, at a size that a core trains in minutes."""

import json
import math
from pathlib import Path

from oodflow.bench.reliability.record import GlowTraining
from oodflow.errors import OodflowError
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig, RunDir, override
from oodflow.session.options import SessionOptions
from oodflow.session.train import start
from oodflow.training import Diverged

RECIPE = "fashion-mnist-glow"
SMALLER = ["flow.width=12", "flow.steps=2"]
"""Two steps of 12 channels in place of sixteen of 200; optimiser, rate, decay, clipping and batch are the authors'."""
TOO_LARGE = 1000
"""Times the published rate: what has to diverge."""


def configs(steps: int, seeds: tuple[int, ...]) -> list[RunConfig]:
    """List the trainings: the published one with each seed, and one at a rate that is far too large."""
    published = RECIPES[RECIPE]("paper")
    assert published.training is not None, "it is trained here"
    small = override(
        published,
        [
            *SMALLER, f"training.steps={steps}", "split=train", "ood=[]", "training.log_every=20",
            "training.checkpoint_every=100", f"monitor.every={max(1, steps // 4)}", "monitor.images=500",
            "monitor.samples=1",
        ],
    )  # fmt: skip
    rate = f"training.lr={TOO_LARGE * published.training.lr:g}"
    return [*(override(small, [f"training.seed={seed}"]) for seed in seeds), override(small, [rate])]


def train(config: RunConfig, path: Path, root: Path | None = None) -> GlowTraining:
    """Train one, and tell how it went."""
    ended = ""
    try:
        start(config, path, SessionOptions("oodflow reliability", root=root, say=lambda line: None, device="cpu"))
    except Diverged as error:
        ended = str(error).partition(". ")[0].partition(" Meanwhile")[0]
    run = RunDir(path)
    lines = [json.loads(line) for line in run.log_file.read_text(encoding="utf-8").splitlines()]
    record = run.record()
    if record is None or record.training is None:
        raise OodflowError(f"{path} was not trained: {ended or 'it has no record'}.")
    training = record.training
    highest = max((line["bpd"] for line in lines if line.get("bpd") is not None), default=math.nan)
    return GlowTraining(
        config=config, parameters=training.parameters, epochs=training.epochs,
        bits_per_dim=tuple(line["inside"]["bpd"] for line in lines if "inside" in line),
        highest=highest if math.isfinite(highest) else None, skipped=training.skipped_steps,
        retreats=len(training.retreats), ended=ended, minutes=round(training.seconds / 60, 1),
    )  # fmt: skip
