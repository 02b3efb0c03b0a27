"""Looking at a run while it trains: likelihoods in and out of distribution, and samples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oodflow.data import DataSet, halves, load
from oodflow.data.made_alike import require_made_alike
from oodflow.errors import NotFinite, OodflowError, UsageError
from oodflow.figures import likelihood_figure, save_figure
from oodflow.flows import Flow
from oodflow.metrics import auroc, bits_per_dim
from oodflow.runs.config import RunConfig
from oodflow.runs.pictures import likelihood_words, row_of, samples_figure
from oodflow.runs.run_dir import RunDir
from oodflow.session.best import Best
from oodflow.session.journal import Board, Log
from oodflow.session.soundness import is_sound
from oodflow.statistics import LogProb, Observation, require_columns, require_shape
from oodflow.training import StepReport, TrainState


def watched_split(config: RunConfig) -> str:
    """Tell which images of its own data a run is watched on: never test images, which are for results alone.

    It is the calibration part, which is held out. Where the whole official train part is trained on there is none, and
    images that are trained on are watched, under that name: they show whether training goes on, not how well the flow
    does on others.
    """
    return "calibration" if config.split == "train" else config.split


def watched(config: RunConfig, root: Path | None) -> DataSet:
    """Open what of its own data a run is watched on.

    Where patience chooses the weights by it, that is one half of the calibration part: the other is for what scores
    promise, which holds of data that nothing was chosen by.
    """
    inside: DataSet = load(config.data, watched_split(config), root=root)
    if config.monitor.patience is not None:
        inside, _ = halves(inside)
    return inside.limit(config.monitor.images)


class Monitor:
    """Every so often: likelihoods of some data, in and out of distribution, and samples of images.

    Attributes:
        sound: whether the last look found log-probabilities of data in distribution that tell them apart.
    """

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
        self.inside = watched(config, root)
        self.sound = True
        self.ood = []
        for spec in config.ood:
            try:
                self.ood.append(load(spec, config.asked_split(spec), root=root).limit(config.monitor.images))
            except UsageError:
                raise
            except OodflowError as error:  # it is not on disk, and the run itself doesn't need it
                say(f"Not watching {spec} while training: {error}")
        patience = config.monitor.patience
        self.best = None if patience is None else Best(run, self.inside.split, patience, say)
        for data in self.ood:
            require_columns(self.inside.columns, data)
            require_shape(flow, data)
            require_made_alike(config.data, data.name)

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """Look, when it is time."""
        if report.step % self.config.monitor.every == 0 or report.step == report.steps:
            with state.evaluating() as flow:
                self._look(flow, report.step, state.seconds)

    def _look(self, flow: Flow, step: int, seconds: float) -> None:
        def bits(observation: Observation) -> Any:
            return bits_per_dim(observation[LogProb()], flow.dims)

        inside, *outsides = [Observation(flow, images) for images in (self.inside, *self.ood)]
        try:
            for observation in (inside, *outsides):
                observation.collect([LogProb()])
        except NotFinite as error:  # whether training can go on is for training to decide
            self.sound = observation is not inside
            self.say(f"step {step:,}: {error}")
            return
        mean = float(inside[LogProb()].mean())
        self.sound = is_sound(mean)
        if not self.sound:
            self.say(
                f"step {step:,}: {mean:.3g} nats are too large to tell {self.inside.unit} of {self.inside.name} apart."
            )
        rows = [row_of(inside, None)]
        results = {}
        split, bpd = self.inside.split, bits(inside).mean()
        self.board.scalar(f"{split.replace('+', '-')}/bpd", bpd, step)
        for images, outside in zip(self.ood, outsides, strict=True):
            area = auroc(-inside[LogProb()], -outside[LogProb()])
            results[images.name] = {"bpd": bits(outside).mean(), "auroc": area}
            rows.append(row_of(outside, area))
            tag = images.name.replace("/", "-").replace(":", "-")
            self.board.scalar("ood/bpd", bits(outside).mean(), step, tag)
            self.board.scalar("ood/roc_auc", area, step, tag)
        if self.best is not None:
            self.best.see(flow, step, bpd)
        self.log.write(step=step, seconds=round(seconds, 3), inside={"split": split, "bpd": bpd}, ood=results)
        self.board.figure("ll_hist", lambda: likelihood_figure(rows, dims=flow.dims, title=f"step {step:,}"), step)
        samples = samples_figure(flow, self.config)
        if samples is not None:
            save_figure(samples, self.run.samples_file)
            self.board.figure("samples", lambda: samples, step)
        areas = "".join(f", AUROC {name} {100 * result['auroc']:.1f} %" for name, result in results.items())
        likely = likelihood_words(inside[LogProb()], self.inside)
        self.say(f"step {step:,}: {len(self.inside):,} {split} {self.inside.unit} at {likely}{areas}")
