"""What a training leaves behind to read: a log of JSON lines, and TensorBoard."""

import importlib.util
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oodflow.errors import NOT_AS_WRITTEN
from oodflow.files import explained, write_text
from oodflow.training import StepReport, TrainState

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch.utils.tensorboard import SummaryWriter


class Log:
    """JSON lines: the means of loss and terms since the last line, and whatever is looked at.

    Args:
        path: the file.
        every: steps between lines.
        board: where the same is shown.
        unlogged: of a resumed run, what :meth:`unlogged` said when its checkpoint was written.
    """

    def __init__(self, path: Path, every: int, board: "Board", unlogged: Sequence[dict[str, float]] = ()) -> None:
        self.path, self.every, self.board = path, every, board
        self._before = list(unlogged)
        self._reports: list[StepReport] = []

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Collect the reports of steps, and read them every so often, to write a line."""
        self._reports.append(report)
        if report.step % self.every == 0:
            with state.clock.paused():
                self._write_line(state, report)

    def unlogged(self) -> list[dict[str, float]]:
        """Tell loss and terms of each step since the last line, but for those that were skipped."""
        taken = [report for report in self._reports if not report.skipped]
        return [*self._before, *({**report.terms, "loss": report.loss} for report in taken)]

    def _write_line(self, state: TrainState, report: StepReport) -> None:
        steps = self.unlogged()
        # None where all steps were skipped.
        means = {name: _mean([step[name] for step in steps]) for name in ("loss", *report.names)}
        self.write(
            step=report.step, **means, lr=report.lr, grad_norm=_finite(report.grad_norm),
            skipped=state.skipped, seconds=round(state.seconds, 3),
        )  # fmt: skip
        for name, mean in means.items():
            if mean is not None:
                self.board.scalar(f"train/{name}", mean, report.step)
        self._before, self._reports = [], []

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

    def figure(self, tag: str, draw: Callable[[], "Figure"], step: int) -> None:
        """Write a figure, which is only drawn where it is shown."""
        if self._installed:
            self._writer("").add_figure(tag, draw(), step)

    def close(self) -> None:
        """Flush and close."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, ood: str) -> "SummaryWriter":
        if ood not in self._writers:
            from torch.utils.tensorboard import SummaryWriter

            self._writers[ood] = SummaryWriter(str(self.path / ood), purge_step=self.resumed_at + 1)
        return self._writers[ood]


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except NOT_AS_WRITTEN:
        return math.inf


def _mean(values: Sequence[float]) -> float | None:
    return _finite(sum(values) / len(values)) if values else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
