"""The plans of docs/scale.md follow from what was measured."""

import math
import re
from pathlib import Path

import pytest

from oodflow.bench.gpu import GpuRecord
from oodflow.bench.record import BenchRecord
from oodflow.document.numbers import number
from oodflow.recipes import RECIPES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
GPU = GpuRecord.read(ROOT / "results" / "gpu.json")
BENCH = BenchRecord.read(ROOT / "results" / "bench.json")
GPUS, EPOCHS, IMAGES, NETWORK, BILLION = 64, 100, 1_281_167, 50e9, 1e9


def row(name):
    """The cells of a row of a table, by the words that it begins with."""
    (line,) = re.findall(rf"^\| {re.escape(name)}.*\|$", PAGE, flags=re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


def rate(recipe, scale, precision):
    (found,) = (
        one for one in GPU.flows
        if (one.recipe, one.scale, one.precision, one.batch) == (recipe, scale, precision, 256)
    )  # fmt: skip
    return found.launched.images_per_second.median, found.parameters


@pytest.mark.parametrize(("precision", "column"), [("float32", 1), ("bfloat16", 2)])
def test_the_plan_of_a_training_follows_from_its_measurements(precision, column):
    images, parameters = rate("cifar10-glow", "paper", precision)
    step, sent = 256 / images, 2 * (GPUS - 1) / GPUS * 4 * parameters
    hours = EPOCHS * IMAGES / (images * GPUS) / 3600
    longer = hours * (1 + sent / NETWORK / step)
    training = RECIPES["cifar10-glow"]("paper").training
    assert training.optimiser == "rmsprop", "which keeps one average a parameter"
    assert training.ema_decay is None
    checkpoint, weights = 8 * parameters, 4 * parameters
    for name, expected in {
        "parameters": f"{parameters:,}",
        "images/s on one GPU": number(images, 0),
        "a step of": number(step, 2),
        "gradients sent": number(sent / 1e9, 2),
        "that by 50 GB/s": number(sent / NETWORK, 3),
        "hours for 100": f"{number(hours, 1)} to {number(longer, 1)}",
        "GPU hours": f"{number(hours * GPUS, 0)} to {number(longer * GPUS, 0)}",
        "a checkpoint": number(checkpoint / 1e9, 2),
        "kept in the run": number((2 * checkpoint + weights) / 1e9, 1),
    }.items():
        assert row(name)[column] == expected, name


def test_what_checkpoints_cost_follows_too():
    images, parameters = rate("cifar10-glow", "paper", "bfloat16")
    checkpoint, weights, every = 8 * parameters / 1e9, 4 * parameters / 1e9, 1000
    assert RECIPES["cifar10-glow"]("paper").training.checkpoint_every == every
    assert f"{number(checkpoint + weights, 1)} s for what is written each time" in PAGE
    assert f"({number(checkpoint, 2)} + {number(weights, 2)} GB)" in PAGE
    assert (checkpoint + weights) / (every * 256 / images) < 0.02
    slow, _ = rate("cifar10-glow", "paper", "float32")
    assert f"{round(every * 256 / slow / 2, -1):.0f} s in float32" in PAGE
    assert f"{number(IMAGES * 32 * 32 * 3 / 1e9, 1)} GB as bytes" in PAGE


def test_the_plan_of_a_billion_images_follows():
    shard = 100_000 * 3 * 32 * 32
    assert f"{BILLION / 100_000:,.0f} shards of {shard / 1e6:.0f} MB, {number(shard * 1e4 / 1e12, 1)} TB" in PAGE
    on_cpu = next(one for one in BENCH.flows if (one.recipe, one.scale) == ("fashion-mnist-glow", "cpu"))
    for name, each in {
        "`cifar10-glow`, `paper`, 64 GPUs": rate("cifar10-glow", "paper", "float32")[0],
        "`fashion-mnist-glow`, `cpu`, 64 GPUs": rate("fashion-mnist-glow", "cpu", "float32")[0],
        "`fashion-mnist-glow`, `cpu`, 64 CPU": on_cpu.score.images_per_second.median,
    }.items():
        hours = BILLION / (GPUS * each) / 3600
        assert math.isclose(float(row(name)[1].replace(",", "")), GPUS * each, rel_tol=5e-3), name
        assert row(name)[2:] == [number(hours, 1), number(hours * GPUS, 0)], name
