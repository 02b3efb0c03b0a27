"""What there is beside the flow: loading, the other scores, and all that ``oodflow evaluate`` does but score."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from oodflow.bench.record import EvaluateTime, Surroundings
from oodflow.bench.rounds import Seconds, Task, interleave, ratios, summary
from oodflow.bench.throughput import BATCH, LEAST, Subject
from oodflow.data import ImageSet, TrainingBatches, load_images
from oodflow.evaluation.evaluate import evaluate
from oodflow.evaluation.options import EvaluationOptions
from oodflow.flows import Flow
from oodflow.recipes import RECIPES
from oodflow.scores import Score, shown_scores
from oodflow.session.options import SessionOptions
from oodflow.session.train import start
from oodflow.statistics import Array, LogProb, Observation
from oodflow.training.streams import training_noise

RECIPE = "photographs-realnvp"  # its data is built in
LIMIT = 2  # images of each set, the fewest that evaluate takes: scoring them costs next to nothing
IMAGES = {"smoke": 8, "cpu": 256}


def measure(scale: str, rounds: int) -> Surroundings:
    """Measure around the built-in recipe, its data and the flow."""
    config = RECIPES[RECIPE](scale)
    subject = Subject.of(config)
    flow, images = subject.state.flow, load_images(config.data, "test").limit(IMAGES[scale])

    def observe() -> Observation:
        return Observation(flow, images, batch_size=BATCH)

    log_prob = observe()[LogProb()]
    scores = {name: score for name, score in shown_scores()[0].items() if not score.why_not(flow, images)}
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            subject.tasks()[0],
            Task("load", _loading(load_images(config.data, "train"))),
            Task("observe", lambda: observe()[LogProb()]),
            *(Task(name, _scoring(score, flow, images, log_prob)) for name, score in scores.items()),
            Task("evaluate", _evaluation(Path(folder))),
        ]
        seconds = interleave(tasks, rounds, least=LEAST[scale])
    return summarise(seconds, len(images), scale)


def summarise(seconds: Seconds, images: int, scale: str) -> Surroundings:
    """Turn times into ratios; ``images`` is how many the pass ``observe`` scores.

    Example:
        >>> times = {"train": (3.0,), "load": (1.0,), "observe": (2.0,), "evaluate": (4.0,)}
        >>> times |= {name: (1.0,) for name in shown_scores()[0]}
        >>> found = summarise(times, 10, "cpu")
        >>> found.loading.median, found.scores["typicality"].median, found.evaluate.images.median
        (0.25, 0.5, 20.0)
    """
    whole = [load + train for load, train in zip(seconds["load"], seconds["train"], strict=True)]
    scored = [images * share for share in ratios(seconds["evaluate"], seconds["observe"])]
    return Surroundings(
        recipe=RECIPE,
        scale=scale,
        loading=summary(ratios(seconds["load"], whole)),
        scores={
            name: summary(ratios(seconds[name], seconds["observe"])) for name in shown_scores()[0] if name in seconds
        },
        evaluate=EvaluateTime(seconds=summary(seconds["evaluate"]), images=summary(scored)),
    )


def _loading(images: ImageSet) -> Callable[[], object]:
    """Load what a training step takes: the next batch, and its noise."""
    batches, step = TrainingBatches(images, BATCH, 0), iter(range(2**62))

    def call() -> None:
        number = next(step)
        training_noise(torch.from_numpy(batches.at(number)), 0, number)

    return call


def _scoring(score: Score, flow: Flow, images: ImageSet, log_prob: Array) -> Callable[[], object]:
    """Fit and score on an observation that knows the log-probability and nothing else, whatever was computed before."""

    def call() -> object:
        fresh = Observation(flow, images, batch_size=BATCH, known={LogProb(): log_prob})
        return score.fit(fresh).score(fresh)

    return call


def _evaluation(folder: Path) -> Callable[[], object]:
    """Train at smoke scale, and evaluate: files are opened, scores and figures written, but hardly an image scored."""
    run = start(RECIPES[RECIPE]("smoke"), folder / "run", SessionOptions("oodflow bench", say=lambda line: None))
    options = EvaluationOptions(limit=LIMIT)
    return lambda: evaluate(run, options, command="oodflow bench")
