"""Run by several processes: one step's gradients of each flow and objective, of which the first writes a file."""

import sys
from pathlib import Path

import numpy as np
import torch

from oodflow import ranks
from oodflow.data import ImageSet, RealSet
from oodflow.flows import FLOWS, save_tensors
from oodflow.nets import BottleneckConfig, ResNetConfig
from oodflow.testing.modules import randomise
from oodflow.training import MaximumLikelihood, NegativeTraining, TrainingConfig, TrainState, seeded, stream
from oodflow.training.gradients import compute_gradients
from oodflow.training.parallel import shared_by_ranks
from oodflow.training.streams import load_batch

BATCH = 6
NEGATIVE = {"data": "npy:other.npy", "threshold": -590.0}


def small(name, **settings):
    """A flow of few and narrow layers."""
    sizes = {"width": 2, "steps": 2, "couplings": 4, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1} | settings
    return FLOWS[name](**{field: size for field, size in sizes.items() if field in FLOWS[name].model_fields})


def cases():
    """What is tried, by name: the settings of a flow, an objective, and what memory is used for."""
    likelihood, norms = MaximumLikelihood(), ResNetConfig(blocks=2)
    for name in FLOWS:
        yield name, small(name), likelihood, "stored"
    yield "batch-norm", small("realnvp", net=norms), likelihood, "stored"
    yield "bottleneck", small("realnvp", net=BottleneckConfig(latent_dims=3)), likelihood, "stored"
    yield "reversible", small("realnvp", net=norms), likelihood, "reversible"
    for halved, batch_norm in ((False, "both"), (True, "data")):
        objective = NegativeTraining(**NEGATIVE, halved=halved, batch_norm=batch_norm)
        yield f"negative-{batch_norm}", small("realnvp", net=norms), objective, "stored"


def gradients(config, objective, memory):
    """Compute the loss of a batch and its gradients, and what it leaves in the batch norms."""
    rng = np.random.default_rng(0)
    if config.rank == 3:
        sets = {
            name: ImageSet.from_array(rng.integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)) for name in ("data", "ood")
        }
    else:
        sets = {"data": RealSet.from_array(rng.normal(size=(20, 5)))}
    training = TrainingConfig(steps=1, batch_size=BATCH, memory=memory)
    with seeded(0):
        flow = config.build(sets["data"].shape).double()
    state = TrainState.start(flow, training)
    batches = {name: stream(sets[name], name, BATCH, seed=3) for name in ("data", *objective.streams)}
    state.flow.train()
    randomise(state.flow, 0)
    batch = load_batch(batches, 1, state.device)
    loss = compute_gradients(state, batch, training, shared_by_ranks(state.flow, objective))
    found = {f"gradient of {name}": parameter.grad for name, parameter in state.flow.named_parameters()}
    found |= {f"buffer {name}": buffer for name, buffer in state.flow.named_buffers()}
    found |= {f"term {name}": term.detach() for name, term in loss.terms.items()}
    return {name: tensor.double() for name, tensor in ({"loss": loss.value.detach()} | found).items()}


def main(path):
    """Compute all cases, and write what the first process has of them."""
    torch.set_num_threads(1)
    with ranks.joined():
        assert ranks.all_agree(torch.tensor(True))
        assert ranks.count() == 1 or not ranks.all_agree(torch.tensor(ranks.is_first())), "one alone does not decide"
        found = {
            f"{case}: {name}": tensor for case, *settings in cases() for name, tensor in gradients(*settings).items()
        }
        if ranks.is_first():
            save_tensors(Path(path), found, {})


if __name__ == "__main__":
    main(sys.argv[1])
