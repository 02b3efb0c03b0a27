"""How the gradients of a step are computed. Replaying is for a GPU, which tests have not got."""

import numpy as np
import torch

from oodflow.data import ImageSet, TrainingBatches
from oodflow.flows import RealNVPConfig
from oodflow.training import TrainingConfig, TrainState, seeded, train
from oodflow.training.gradients import Replay, compute_gradients, gradients_of


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
