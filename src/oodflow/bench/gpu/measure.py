"""Measuring training on a GPU."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from oodflow.bench.flops import Work
from oodflow.bench.gpu.options import GpuOptions
from oodflow.bench.gpu.record import GpuRecord, GpuSpeed
from oodflow.bench.limit import Product
from oodflow.bench.rounds import Seconds, Task, interleave, ratios, summary
from oodflow.bench.throughput import Subject, parameters, random_batch, speed
from oodflow.recipes import RECIPES
from oodflow.runs import RunConfig
from oodflow.runs.provenance import provenance
from oodflow.training import MaximumLikelihood, TrainingConfig
from oodflow.training.gradients import Gradients, compute_gradients, convolutions, gradients_of
from oodflow.training.loop import take_step
from oodflow.training.streams import DATA

LEAST = 0.2  # seconds a task and round
WARM_UP = 6  # calls before anything is timed: more steps than precede a recording
SIDE = {"cuda": 8192, "cpu": 64}  # of the matrices whose product is the peak
DTYPES = {"bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Way:
    """How a flow is trained.

    Attributes:
        device: on which.
        training: the recipe's, in a precision.
        batch: images a step.
        rounds: how often everything takes its turn.
    """

    device: torch.device
    training: TrainingConfig
    batch: int
    rounds: int

    @property
    def dtype(self) -> torch.dtype:
        """Of the st-networks."""
        return DTYPES.get(self.training.precision, torch.float32)

    def time(self, tasks: list[Task]) -> Seconds:
        """Time tasks by turns, each to its end on the device."""
        with convolutions(self.training):
            for task in tasks:
                for _ in range(WARM_UP):
                    task.call()
            return interleave(tasks, self.rounds, least=LEAST if self.device.type == "cuda" else 0, clock=self._now)

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def bench_gpu(
    options: GpuOptions, *, command: str, say: Callable[[str], None] = print, device: str = "cuda"
) -> GpuRecord:
    """Measure training, one flow after another; what is divided by one another takes turns.

    Args:
        options: what to measure.
        command: what the user typed, for the record.
        say: takes a line before each flow.
        device: where; on ``cpu``, which replays nothing, it shows no more than that everything runs.

    Raises:
        UsageError: for an unknown recipe or scale, or a recipe that has no such scale.
    """
    configs = [RECIPES[name](scale) for name, scale in options.flows]
    begun = provenance(command)
    flows: list[GpuSpeed] = []
    peaks: dict[str, list[float]] = {}
    skipped = 0
    for config in configs:
        assert config.training is not None, "recipes train"
        subject = Subject.of(config, device)
        _, work = subject.work()
        for precision in options.precisions:
            training = config.training.model_copy(update={"precision": precision})
            for batch in options.batches:
                say(f"{config.recipe} at {config.scale} scale, {precision}, {batch} images a step")
                way = Way(torch.device(device), training, batch, options.rounds)
                if precision not in peaks:
                    peaks[precision] = _peak(way)
                flows.append(_measure(config, subject, work, way, peaks[precision]))
        skipped += subject.state.skipped
    return GpuRecord(
        provenance=begun, options=options, flows=tuple(flows), skipped_steps=skipped,
        peaks={precision: summary(rates) for precision, rates in peaks.items()},
    )  # fmt: skip


def _measure(config: RunConfig, subject: Subject, work: Work, way: Way, peak: list[float]) -> GpuSpeed:
    if way.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    replayed = gradients_of(way.training.model_copy(update={"cuda_graph": True}), way.device)
    tasks = [_task("launched", subject, way, compute_gradients), _task("replayed", subject, way, replayed)]
    seconds = way.time(tasks)
    memory = torch.cuda.max_memory_allocated() if way.device.type == "cuda" else 0
    speeds = {name: speed(work.flop, way.batch, seconds[name]) for name in ("launched", "replayed")}
    faster = min(seconds.values(), key=min)
    rates = [work.flop * way.batch / s for s in faster]
    return GpuSpeed(
        recipe=config.recipe, scale=config.scale, flow=config.flow.title,
        parameters=parameters(subject.state.flow), precision=way.training.precision, batch=way.batch,
        launched=speeds["launched"], replayed=speeds["replayed"],
        speedup=summary(ratios(seconds["launched"], seconds["replayed"])),
        of_peak=summary(ratios(rates, peak)),
        memory_bytes=memory,
    )  # fmt: skip


def _task(name: str, subject: Subject, way: Way, gradients: Gradients) -> Task:
    batch = {DATA: random_batch(way.batch, subject.state.flow)}
    objective = MaximumLikelihood()
    return Task(name, lambda: take_step(subject.state, batch, way.training, objective, gradients))


def _peak(way: Way) -> list[float]:
    side = SIDE[way.device.type]
    a, b = (torch.randn(side, side, device=way.device, dtype=way.dtype) for _ in range(2))
    return [2 * side**3 / s for s in way.time([Task("product", Product(a, b))])["product"]]
