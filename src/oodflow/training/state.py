"""Everything that training changes, and its way to a file and back."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from oodflow import ranks
from oodflow.config import Config
from oodflow.errors import NOT_AS_WRITTEN, Damaged, OodflowError
from oodflow.flows import Flow, load_tensors, save_tensors
from oodflow.flows.tensors import misfits
from oodflow.training.clock import Clock, clock_of
from oodflow.training.compiling import compile_layers
from oodflow.training.config import TrainingConfig
from oodflow.training.ema import MovingAverage
from oodflow.training.optimiser import build_optimiser, clipping_groups
from oodflow.training.stored_state import COUNTERS, changed, counters_of, moments_of, part


@dataclass
class TrainState:
    """The state of a training run.

    Attributes:
        flow: the flow in training.
        optimiser: with its moments.
        clipped: the groups of parameters whose gradients are clipped, each by itself.
        average: moving average of the weights, if one is kept.
        skips: how many steps were skipped because they were not finite, and how many of those were the last ones; on
            the flow's device.
        clock: counts the time of training.
        step: steps done.
        retreats: how often training has gone back to where it was sound, to go on more slowly and with other noise.
        whole: whether no step is half done. What fails in the middle of one leaves a state that fits no step: batch
            norms that have seen a batch that the weights have not, say.
        begun: whether the weights come from a training before: no data set up anything any more.
    """

    flow: Flow
    optimiser: torch.optim.Optimizer
    clipped: list[list[nn.Parameter]]
    average: MovingAverage | None
    skips: Tensor
    clock: Clock
    step: int = 0
    retreats: int = 0
    whole: bool = True
    begun: bool = False

    @classmethod
    def start(cls, flow: Flow, config: TrainingConfig, device: torch.device | str = "cpu") -> Self:
        """Make the state before the first step, on ``device``."""
        flow.to(device)
        if config.compile:
            compile_layers(flow)
        average = None if config.ema_decay is None else MovingAverage(flow, config.ema_decay)
        skips = torch.zeros(2, dtype=torch.long, device=device)
        optimiser, clipped = build_optimiser(flow, config), clipping_groups(flow, config)
        return cls(flow, optimiser, clipped, average, skips, clock_of(device))

    def initialise(self, images: Tensor, noise: Tensor) -> None:
        """Set data-dependent parameters from the first batch; the average starts from there.

        In eval mode, so that batch norms do not take the batch into their statistics twice.
        """
        with self.changing():
            self.flow.eval()
            self.flow.initialise(images, noise=noise)
            if self.average is not None:
                self.average = MovingAverage(self.flow, self.average.decay)

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Take over weights that were trained before, with all that data has set up; the average starts from there."""
        self.flow.load_state_dict(weights)
        self.begun = True
        if self.average is not None:
            self.average = MovingAverage(self.flow, self.average.decay)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Take a step in the block: the state is whole again when it has ended well, and then only.

        Raises:
            OodflowError: when a step before was broken off.
        """
        self.require_whole()
        self.whole = False
        yield
        self.whole = True

    def require_whole(self) -> None:
        """Refuse a state whose last step was broken off.

        Raises:
            OodflowError: when it was.
        """
        if not self.whole:
            raise OodflowError(
                f"step {self.step + 1} was broken off half done: restore the state from a checkpoint, or begin anew."
            )

    def count_step(self, taken: Tensor) -> None:
        """Count a step that was taken or, where the boolean scalar ``taken`` is false, skipped; average the weights."""
        self.step += 1
        self.skips += ~taken
        self.skips[1] *= ~taken
        if self.average is not None:
            self.average.update(self.flow, self.step, taken)

    @property
    def seconds(self) -> float:
        """Time spent in training; looks and savings do not count."""
        return self.clock.seconds

    @property
    def skipped(self) -> int:
        """How many steps were skipped."""
        return int(self.skips[0])

    @property
    def skipped_in_a_row(self) -> int:
        """How many of the last steps were."""
        return int(self.skips[1])

    @property
    def device(self) -> torch.device:
        """Where the flow lives."""
        return self.flow.device

    @contextmanager
    def evaluating(self) -> Iterator[Flow]:
        """Lend the flow as it would be evaluated now: averaged weights, eval mode. The time does not count."""
        training = self.flow.training
        with self.clock.paused():
            self.flow.eval()
            try:
                if self.average is None:
                    yield self.flow
                else:
                    with self.average.swapped_into(self.flow):
                        yield self.flow
            finally:
                self.flow.train(training)

    def save(self, path: Path, config: Config, notes: dict[str, Any] | None = None) -> None:
        """Write everything to one safetensors file, atomically. The time does not count.

        Args:
            path: the file.
            config: what the training was asked for, to know its checkpoint by.
            notes: what else :meth:`restore` shall give back, as JSON has it.

        Raises:
            OodflowError: when the last step was broken off, or the file can't be written.
        """
        self.require_whole()
        with self.clock.paused():
            counters = {name: getattr(self, name) for name in COUNTERS}
            metadata = {"config": config.model_dump_json(), "counters": json.dumps(counters)}
            save_tensors(path, self._tensors(), metadata | {"notes": json.dumps(notes or {})})

    def restore(self, path: Path, config: Config, free: Collection[str] = ()) -> dict[str, Any]:
        """Take over what :meth:`save` wrote, and return its notes. Where that fails nothing is changed.

        Args:
            path: the file.
            config: what the training is asked for now.
            free: settings that may be others than it was saved with; those that are, as they were then, stand in the
                notes under ``was``.

        Raises:
            Damaged: for an unreadable file, and one that does not hold all of a state in sound numbers.
            OodflowError: for one of another configuration.
        """
        tensors, metadata = load_tensors(path)
        if "config" not in metadata:
            raise Damaged(f"{path} is no checkpoint, or is damaged: it does not tell which training it is of.")
        was = changed(metadata["config"], config, path, free)
        weights = part(tensors, "flow.")
        # The same settings may be for images of another shape, or layers of another version.
        if wrong := misfits(self.flow.state_dict(), weights):
            raise OodflowError(f"{path} does not fit the flow of its configuration: {wrong}.")
        counters = counters_of(path, metadata)
        try:
            averages, moments = part(tensors, "average."), moments_of(part(tensors, "optimiser."))
            notes: dict[str, Any] = json.loads(metadata.get("notes", "{}"))
        except NOT_AS_WRITTEN as error:
            raise Damaged(f"{path} is damaged: {error}.") from error
        self._require_sound(path, tensors, averages, moments, counters)
        self._take_over(weights, averages, moments, counters)
        return notes | {"was": was}

    def follow_first(self) -> None:
        """Take over the state that the first of several processes has; alone nothing changes."""

        def contents() -> tuple[dict[str, Tensor], dict[str, Any], bool]:
            tensors = {name: tensor.detach().cpu() for name, tensor in self._tensors().items()}
            return tensors, {name: getattr(self, name) for name in COUNTERS}, self.begun

        tensors, counters, self.begun = ranks.from_first(contents)
        if not ranks.is_first():
            moments = moments_of(part(tensors, "optimiser."))
            self._take_over(part(tensors, "flow."), part(tensors, "average."), moments, counters)

    def _take_over(
        self,
        weights: Mapping[str, Tensor],
        averages: Mapping[str, Tensor],
        moments: Mapping[int, dict[str, Tensor]],
        counters: Mapping[str, Any],
    ) -> None:
        self.flow.load_state_dict(weights)
        if self.average is not None:
            self.average.tensors = {name: t.to(self.device) for name, t in averages.items()}
        optimiser = self.optimiser.state_dict()
        optimiser["state"] = moments
        self.optimiser.load_state_dict(optimiser)
        for parameter, own in self.optimiser.state.items():  # fused optimisers want them to lie as the parameter
            for name, value in own.items():
                if value.shape == parameter.shape:
                    own[name] = torch.empty_like(parameter).copy_(value)
        self.step, self.clock.seconds, self.whole = counters["step"], counters["seconds"], True
        self.retreats = counters["retreats"]
        self.skips[0], self.skips[1] = counters["skipped"], counters["skipped_in_a_row"]

    def _require_sound(
        self,
        path: Path,
        tensors: Mapping[str, Tensor],
        averages: Mapping[str, Tensor],
        moments: Mapping[int, Mapping[str, Tensor]],
        counters: Mapping[str, Any],
    ) -> None:
        """Refuse what no training has left: numbers that are none or of another type, averages or moments that lack."""
        ours = self._tensors()
        for name, tensor in tensors.items():
            if tensor.isnan().any():
                raise Damaged(f"{path} is damaged: {name} is not a number.")
            if name in ours and tensor.dtype != ours[name].dtype:
                raise Damaged(f"{path} is damaged: {name} is {tensor.dtype}, but should be {ours[name].dtype}.")
        if self.average is not None and misfits(self.average.tensors, averages):
            raise Damaged(f"{path} is damaged: {misfits(self.average.tensors, averages)} of the averaged weights.")
        parameters = [parameter for group in self.optimiser.param_groups for parameter in group["params"]]
        kinds = {frozenset(each) for each in moments.values()}
        lacking = len(kinds) > 1 or (not kinds and counters["step"] > counters["skipped"])
        strange = any(
            index >= len(parameters) or (value.dim() and value.shape != parameters[index].shape)
            for index, each in moments.items()
            for value in each.values()
        )
        if lacking or strange:
            raise Damaged(f"{path} is damaged: moments of the optimiser are missing, or of other shapes.")

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"flow.{name}": tensor for name, tensor in self.flow.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{name}": tensor for name, tensor in self.average.tensors.items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        return tensors


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw initial weights from ``seed``, and leave torch's global generator as it was."""
    with torch.random.fork_rng(devices=[]):  # those of GPUs draw none of them, and stay as they are
        torch.default_generator.manual_seed(seed)
        yield
