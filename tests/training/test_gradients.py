"""How the gradients of a step are computed. Replaying is for a GPU, which tests have not got."""

from contextlib import nullcontext

import numpy as np
import torch

from oodflow.data import ImageSet, TrainingBatches
from oodflow.flows import RealNVPConfig
from oodflow.training import MaximumLikelihood, Part, TrainingConfig, TrainState, seeded, train
from oodflow.training.gradients import Replay, compute_gradients, gradients_of
from oodflow.training.streams import DATA, training_noise


def test_a_gpu_replays_where_it_is_asked_to():
    asked = TrainingConfig(steps=1, cuda_graph=True)
    assert isinstance(gradients_of(asked, torch.device("cuda")), Replay)
    assert gradients_of(TrainingConfig(steps=1), torch.device("cuda")) is compute_gradients


def test_to_a_cpu_it_makes_no_difference():
    images = ImageSet.from_array(np.random.default_rng(0).integers(0, 256, (12, 1, 8, 8), np.uint8))

    def trained(cuda_graph):
        config = TrainingConfig(steps=6, batch_size=4, lr=1e-2, cuda_graph=cuda_graph)
        with seeded(0):
            state = TrainState.start(RealNVPConfig(width=4).build((1, 8, 8)), config)
        train(state, TrainingBatches(images, 4, 0), config)
        return state.flow.state_dict()

    replayed, launched = trained(True), trained(False)
    assert all(torch.equal(replayed[name], launched[name]) for name in launched)


class Rerun:
    """Stands in for a recorded graph: computes anew from the held batch into the held gradients, as a replay does."""

    def __init__(self, gradients, state, config, objective):
        self.compute = lambda: compute_gradients(state, gradients._batch, config, objective)
        self.gradients = gradients

    def replay(self):
        value = self.compute().value.detach()
        for parameter, held in self.gradients._gradients:
            held.copy_(parameter.grad)
            parameter.grad = None  # a replay writes to memory, and knows no parameters
        self.gradients._loss.value.data.copy_(value)


def test_a_replay_takes_the_new_batch_and_gives_its_gradients_to_the_parameters(monkeypatch):
    config, objective = TrainingConfig(steps=6, batch_size=4), MaximumLikelihood()
    with seeded(0):
        state = TrainState.start(RealNVPConfig(width=4).build((1, 8, 8)), config)
    batches = [{DATA: random_part(seed)} for seed in range(6)]
    state.initialise(*batches[0][DATA])
    gradients = Replay()
    monkeypatch.setattr("oodflow.training.gradients._aside", lambda compute: compute())
    monkeypatch.setattr("torch.cuda.CUDAGraph", lambda: Rerun(gradients, state, config, objective))
    monkeypatch.setattr("torch.cuda.graph", lambda graph: nullcontext())
    for batch in batches:
        loss = float(gradients(state, batch, config, objective).value.detach())
        replayed = [parameter.grad.clone() for parameter in state.flow.parameters()]
        expected = compute_gradients(state, batch, config, objective)  # which leaves other gradients behind
        assert loss == float(expected.value.detach())
        assert all(map(torch.equal, replayed, (parameter.grad for parameter in state.flow.parameters())))


def random_part(seed):
    images = torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (4, 1, 8, 8), np.uint8))
    return Part(images, training_noise(images, seed, 0))
