"""Training that stores no activations goes the same way."""

import pytest
import torch

from oodflow.flows import GlowConfig, RealNVPConfig
from oodflow.nets import ResNetConfig
from oodflow.training.streams import DATA

from .running import CONFIG, Changed, poisoned, run, same, start, tensors

REVERSIBLE = CONFIG.model_copy(update={"memory": "reversible"})


BATCH_NORMED = RealNVPConfig(width=4, net=ResNetConfig(blocks=2))


@pytest.mark.parametrize("flow", [GlowConfig(steps=2, width=4), BATCH_NORMED], ids=["glow", "realnvp"])
def test_reversible_training_goes_the_same_way(flow):
    losses: dict[str, list[float]] = {"stored": [], "reversible": []}
    states = []
    for config in (CONFIG, REVERSIBLE):
        follow = losses[config.memory].append
        states.append(run(start(config, flow), config, callbacks=[lambda s, r, follow=follow: follow(r.loss)]))
    assert losses["reversible"] == pytest.approx(losses["stored"], rel=1e-4)
    stored, recomputed = (tensors(state.flow) for state in states)
    for name, tensor in stored.items():
        if name.endswith("num_batches_tracked"):
            assert tensor == recomputed[name] == CONFIG.steps
        elif "running" in name:
            assert torch.allclose(recomputed[name], tensor, rtol=1e-2, atol=1e-2), name


@pytest.mark.parametrize("config", [CONFIG, REVERSIBLE], ids=["stored", "reversible"])
def test_memory_says_what_is_stored(config):
    recomputed = []

    def looking(flow, batch, loss):
        z, _ = flow.bijection((batch[DATA].x + batch[DATA].noise) / 256)
        recomputed.append(type(z.grad_fn).__name__ == "_StoringNothingBackward")
        return loss

    run(start(config), config.model_copy(update={"steps": 1}), objective=Changed(change=looking))
    assert recomputed == [config.memory == "reversible"]


def test_reversible_training_resumes(tmp_path):
    straight = run(start(REVERSIBLE, BATCH_NORMED), REVERSIBLE)
    stopped = run(start(REVERSIBLE, BATCH_NORMED), REVERSIBLE.model_copy(update={"steps": 3}))
    stopped.save(tmp_path / "checkpoint.safetensors", CONFIG)
    resumed = start(REVERSIBLE, BATCH_NORMED)
    resumed.restore(tmp_path / "checkpoint.safetensors", CONFIG)
    run(resumed, REVERSIBLE)
    assert same(tensors(resumed.flow), tensors(straight.flow))


def test_a_reversible_step_that_is_not_finite_changes_nothing_either():
    state = start(REVERSIBLE, BATCH_NORMED)
    before = tensors(state.flow)
    run(state, REVERSIBLE.model_copy(update={"steps": 1}), objective=poisoned(1))
    assert state.skipped == 1
    assert same(before, tensors(state.flow))
