"""Training and scoring: images a second, and which share of the machine's limit that is."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from oodflow.bench import limit
from oodflow.bench.flops import Probe, Work, count
from oodflow.bench.limit import Rates
from oodflow.bench.record import FlowSpeed, LimitedSpeed, MemoryKinds, Speed
from oodflow.bench.rounds import Task, interleave, ratios, summary
from oodflow.data import DataSet, ImageSet, RealSet, shape_of
from oodflow.flows import Flow
from oodflow.runs import RunConfig
from oodflow.statistics import LogProb, Observation
from oodflow.training import MaximumLikelihood, Part, TrainingConfig, TrainState, seeded
from oodflow.training.loop import take_step
from oodflow.training.streams import DATA, training_noise

BATCH = 32
COUNTED = 2  # images to count FLOP with: they grow with the batch exactly, so few are enough
# Batches a call of the scoring, which begins with folding the flow.
SCORED = {"smoke": 1, "cpu": 8, "long": 8, "paper": 8}
# Seconds a task and round; a step at paper scale takes several.
LEAST = {"smoke": 0.0, "cpu": 0.3, "long": 1.0, "paper": 1.0}

Limits = dict[Probe, Rates]


@dataclass(frozen=True)
class Subject:
    """A flow with all that it takes to train it and to score with it, on random images.

    Attributes:
        state: the flow, initialised, and its optimiser.
        training: how it is trained.
        batch: images, uint8 ``[BATCH, C, H, W]``, and dequantisation noise for them, or real tensors.
        scored: images, or real tensors, to score.
    """

    state: TrainState
    training: TrainingConfig
    batch: Part
    scored: DataSet

    @classmethod
    def of(cls, config: RunConfig, device: str = "cpu") -> "Subject":
        """Build what a recipe says."""
        assert config.training is not None, "recipes train"
        with seeded(0):
            flow = config.flow.build(shape_of(config.data))
        return cls.start(flow, config.training, SCORED[config.scale], device)

    @classmethod
    def start(cls, flow: Flow, training: TrainingConfig, batches: int, device: str = "cpu") -> "Subject":
        """Make everything for a flow; ``batches`` are scored."""
        state = TrainState.start(flow, training, device)
        scored = random_data(BATCH * batches, flow)
        batch = random_batch(BATCH, flow)
        state.initialise(*batch)
        return cls(state, training, batch, scored)

    def tasks(self) -> list[Task]:
        """Make the tasks ``train``, one step of the training loop, and ``score``, the pass that all scores share."""
        return [
            Task("train", self.step),
            Task("score", lambda: Observation(self.state.flow, self.scored, batch_size=BATCH)[LogProb()]),
        ]

    def step(self, memory: str = "stored", precision: str = "float32") -> None:
        """Take one step of the training loop, as ``training.memory`` and ``training.precision`` name ways to."""
        training = self.training.model_copy(update={"memory": memory, "precision": precision})
        take_step(self.state, {DATA: self.batch}, training, MaximumLikelihood())

    def work(self) -> tuple[Work, Work]:
        """Count the forward pass and a training step, for one image."""
        images, noise = (tensor[:COUNTED] for tensor in self.batch)
        return count_work(self.state.flow, lambda: self.state.flow.log_prob(images, noise=noise))


def measure(config: RunConfig, rounds: int, memory: MemoryKinds) -> tuple[FlowSpeed, Limits]:
    """Measure a recipe's training and scoring, with its limit in the same rounds; ``memory`` is put beside them.

    Returns:
        The recipe's row of the record, and the rates of its probes.
    """
    subject, least = Subject.of(config), LEAST[config.scale]
    scoring, training = subject.work()
    reversible = Task("reversible", lambda: subject.step("reversible"))
    bfloat16 = Task("bfloat16", lambda: subject.step(precision="bfloat16"))
    limiting = [task for probe in scoring.probes for task in limit.tasks(probe, BATCH)]
    tasks = [*subject.tasks(), reversible, bfloat16, *limiting]
    seconds = interleave(tasks, rounds, least=least)
    limits = {probe: limit.rates(probe, BATCH, seconds) for probe in scoring.probes}
    flow = subject.state.flow
    measured = {
        what: result(flop, images, seconds[what], _limits(scoring.probes, limits, kind, rounds))
        for what, kind, flop, images in (
            ("train", "train", training.flop, BATCH), ("score", "forward", scoring.flop, len(subject.scored)),
        )
    }  # fmt: skip
    return FlowSpeed(
        recipe=config.recipe, scale=config.scale, flow=config.flow.title, shape=flow.shape, parameters=parameters(flow),
        skipped_steps=subject.state.skipped, train=measured["train"], score=measured["score"],
        reversible_time=summary(ratios(seconds["reversible"], seconds["train"])), memory=memory,
        bfloat16_speedup=summary(ratios(seconds["train"], seconds["bfloat16"])),
    ), limits  # fmt: skip


def result(flop: int, images: int, seconds: tuple[float, ...], limits: list[float]) -> LimitedSpeed:
    """Sum up a task that takes ``images`` through the flow at ``flop`` each, one of ``seconds`` and ``limits`` a round.

    Example:
        >>> result(10, 4, (2.0,), [50.0]).share.median, result(10, 4, (2.0,), [50.0]).images_per_second.low
        (0.4, 2.0)
    """
    return LimitedSpeed(
        **speed(flop, images, seconds).model_dump(),
        limit_flop_per_second=summary(limits),
        share=summary(limit.shares(flop * images, seconds, limits)),
    )


def speed(flop: int, images: int, seconds: tuple[float, ...]) -> Speed:
    """Sum up how fast a task takes ``images`` through a flow at ``flop`` each."""
    return Speed(
        flop_per_image=flop,
        images_per_second=summary([images / s for s in seconds]),
        flop_per_second=summary([flop * images / s for s in seconds]),
    )


def count_work(model: torch.nn.Module, log_prob: Callable[[], Tensor]) -> tuple[Work, Work]:
    """Count a forward pass and forward with backward of ``log_prob`` on ``COUNTED`` images, for one image each."""
    model.eval()
    with torch.no_grad():
        forward = count(log_prob)
    model.train()
    both = count(lambda: (-log_prob().mean()).backward())  # type: ignore[no-untyped-call]
    model.zero_grad()
    return _for_one(forward), _for_one(both)


def pool(measured: list[Limits]) -> Limits:
    """Put the rates of the same probe in several measurements together."""
    pooled: dict[Probe, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for limits in measured:
        for probe, rates in limits.items():
            for what, values in rates.items():
                pooled[probe][what] += values
    return {probe: dict(rates) for probe, rates in pooled.items()}


def random_batch(size: int, flow: Flow) -> Part:
    """Draw a batch for a flow, the same whenever asked, where the flow is."""
    images = torch.from_numpy(random_data(size, flow).batch(slice(None))).to(flow.device)
    return Part(images, training_noise(images, 0, 0))


def random_data(number: int, flow: Flow) -> DataSet:
    """Draw images, or normal numbers for a flow over those, the same whenever asked."""
    rng, shape = np.random.default_rng(0), (number, *flow.shape)
    if flow.domain.is_images:
        return ImageSet.from_array(rng.integers(0, 256, shape, dtype=np.uint8), "random")
    return RealSet.from_array(rng.standard_normal(shape, dtype=np.float32), "random")


def parameters(model: torch.nn.Module) -> int:
    """Count the numbers that training sets."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _limits(probes: Mapping[Probe, int], limits: Limits, kind: str, rounds: int) -> list[float]:
    return [limit.limit(probes, {probe: limits[probe][kind][i] for probe in probes}) for i in range(rounds)]


def _for_one(work: Work) -> Work:
    return Work(work.flop // COUNTED, {probe: flop // COUNTED for probe, flop in work.probes.items()})
