"""Looking at a run while it trains: the log, scores of the out-of-distribution sets, samples, TensorBoard."""

import importlib.util
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from oodflow.data import ImageSet, load
from oodflow.errors import OodflowError, UsageError
from oodflow.experiments.config import RunConfig
from oodflow.experiments.run_dir import RunDir
from oodflow.figures import Row, image_grid, likelihood_figure, save_figure
from oodflow.files import explained, write_text
from oodflow.flows import Flow
from oodflow.metrics import auroc, bits_per_dim
from oodflow.scores import Evidence, observe, require_shape
from oodflow.training import StepReport, TrainState

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch.utils.tensorboard import SummaryWriter


class Log:
    """JSON lines: the mean of the training loss since the last line, and whatever is looked at."""

    def __init__(self, path: Path, dims: int, every: int, board: "Board") -> None:
        self.path, self.dims, self.every, self.board = path, dims, every, board
        self._losses: list[float] = []

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Collect the loss of a step; write a line every so often."""
        if not report.skipped:
            self._losses.append(report.loss)
        if report.step % self.every == 0:
            loss = sum(self._losses) / len(self._losses) if self._losses else None  # none: all were skipped
            bpd = None if loss is None else bits_per_dim(-loss, self.dims)
            self._losses.clear()
            self.write(
                step=report.step, loss=loss, bpd=bpd, lr=report.lr, grad_norm=_finite(report.grad_norm),
                skipped=state.skipped, seconds=round(state.seconds, 3),
            )  # fmt: skip
            if loss is not None and bpd is not None:
                self.board.scalar("train/bpd", bpd, report.step)
                self.board.scalar("train/loss", loss, report.step)

    def write(self, **values: object) -> None:
        """Append one line."""
        with explained(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop what was logged after ``step``, and damaged lines: a resumed run goes that way again."""
        if self.path.exists():
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
            write_text(self.path, "".join(f"{line}\n" for line in lines if _step_of(line) <= step))


@dataclass
class Board:
    """TensorBoard, under the names of the original's logs; silent where TensorBoard is not installed.

    Each out-of-distribution set writes to a folder of its own, so that one chart ``ood/roc_auc`` holds them all.
    """

    path: Path
    resumed_at: int = 0  # what an interrupted run wrote after this step is hidden
    _writers: dict[str, "SummaryWriter"] = field(default_factory=dict)
    _installed: bool = field(default_factory=lambda: importlib.util.find_spec("tensorboard") is not None)

    def scalar(self, tag: str, value: float, step: int, ood: str = "") -> None:
        """Write a number."""
        if self._installed:
            self._writer(ood).add_scalar(tag, value, step)

    def figure(self, tag: str, figure: "Figure", step: int) -> None:
        """Write a figure."""
        if self._installed:
            self._writer("").add_figure(tag, figure, step)

    def close(self) -> None:
        """Flush and close."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, ood: str) -> "SummaryWriter":
        if ood not in self._writers:
            from torch.utils.tensorboard import SummaryWriter

            self._writers[ood] = SummaryWriter(str(self.path / ood), purge_step=self.resumed_at + 1)
        return self._writers[ood]


class Monitor:
    """Every so often: likelihoods of some test images, in and out of distribution, and samples."""

    def __init__(
        self,
        config: RunConfig,
        flow: Flow,
        run: RunDir,
        log: Log,
        board: Board,
        root: Path | None,
        say: Callable[[str], None],
    ) -> None:
        self.config, self.run, self.log, self.board, self.say = config, run, log, board, say
        self.test = load(config.data, "test", root=root).limit(config.monitor.images)
        self.ood = []
        for spec in config.ood:
            try:
                self.ood.append(load(spec, "all", root=root).limit(config.monitor.images))
            except UsageError:
                raise
            except OodflowError as error:  # it is not on disk, and the run itself doesn't need it
                say(f"Not watching {spec} while training: {error}")
        for images in self.ood:
            require_shape(flow, images)

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Look, when it is time."""
        if report.step % self.config.monitor.every == 0 or report.step == self.config.training.steps:
            with state.evaluating() as flow:
                self._look(flow, report.step)

    def _look(self, flow: Flow, step: int) -> None:
        def bits(evidence: Evidence) -> Any:
            return bits_per_dim(evidence.log_prob, flow.dims)

        try:
            inside, *outsides = [observe(flow, images) for images in (self.test, *self.ood)]
        except OodflowError as error:  # not finite: whether training can go on is for training to decide
            self.say(f"step {step:,}: {error}")
            return
        rows = [_row(self.test, bits(inside), None)]
        results = {}
        self.board.scalar("test/bpd", bits(inside).mean(), step)
        for images, outside in zip(self.ood, outsides, strict=True):
            area = auroc(-inside.log_prob, -outside.log_prob)
            results[images.name] = {"bpd": bits(outside).mean(), "auroc": area}
            rows.append(_row(images, bits(outside), area))
            tag = images.name.replace("/", "-").replace(":", "-")
            self.board.scalar("ood/bpd", bits(outside).mean(), step, tag)
            self.board.scalar("ood/roc_auc", area, step, tag)
        self.log.write(step=step, test_bpd=bits(inside).mean(), ood=results)
        self.board.figure("ll_hist", likelihood_figure(rows, dims=flow.dims, title=f"step {step:,}"), step)
        samples = samples_figure(flow, self.config)
        save_figure(samples, self.run.samples_file)
        self.board.figure("samples", samples, step)
        areas = ", ".join(f"AUROC {name} {100 * result['auroc']:.1f} %" for name, result in results.items())
        self.say(f"step {step:,}: test {bits(inside).mean():.3f} bits/dim" + (f", {areas}" if areas else ""))


def samples_figure(flow: Flow, config: RunConfig) -> "Figure":
    """Draw samples, the same latents each time."""
    generator = torch.Generator().manual_seed(config.training.seed)
    images = flow.sample(config.monitor.samples, generator=generator).cpu().numpy()
    columns = math.ceil(math.sqrt(len(images)))
    return image_grid(images, columns, title=f"Samples of {config.recipe}, {config.scale} scale")


def _row(images: ImageSet, bits: Any, area: float | None) -> Row:
    thumbnails = images.batch(range(min(8, len(images))))
    return Row(images.name, thumbnails, bits, area, images.note)


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return math.inf


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
