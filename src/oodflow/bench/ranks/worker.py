"""One of the processes that are measured: ``python -m oodflow.bench.ranks.worker``, which a launcher starts."""

import json
import sys
import time

import torch

from oodflow import ranks
from oodflow.bench.ranks.options import RanksOptions
from oodflow.bench.throughput import random_data
from oodflow.data import TrainingBatches, shape_of
from oodflow.recipes import RECIPES
from oodflow.statistics import LogProb, Observation
from oodflow.training import TrainState, seeded, train

WARM_UP = 5


def main(recipe: str, scale: str, options: RanksOptions) -> None:
    """Time steps of training and a pass of scoring, and print what the first process has."""
    config = RECIPES[recipe](scale)
    assert config.training is not None, "recipes train"
    training = config.training.model_copy(
        update={"steps": WARM_UP + options.steps, "batch_size": options.batch, "compile": False}
    )
    with seeded(0):
        flow = config.flow.build(shape_of(config.data))
    state = TrainState.start(flow, training)
    images = random_data(max(options.scored, options.batch), flow)
    train(state, TrainingBatches(images, options.batch, 0), training.model_copy(update={"steps": WARM_UP}))
    ranks.from_all(None)  # all begin at once
    start = time.perf_counter()
    train(state, TrainingBatches(images, options.batch, 0), training)
    trained = time.perf_counter() - start
    seen = Observation(flow.eval(), images, batch_size=options.batch, shared=True)
    ranks.from_all(None)
    start = time.perf_counter()
    seen.collect([LogProb()])
    scored = time.perf_counter() - start
    if ranks.is_first():
        parameters = sum(parameter.numel() for parameter in flow.parameters())
        print(json.dumps({"train": trained, "score": scored, "parameters": parameters}))


if __name__ == "__main__":
    recipe, scale, threads, asked = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with ranks.joined():
        main(recipe, scale, RanksOptions.model_validate_json(asked))
