"""Numbers are followed to their places in the image through any flow."""

import weakref

import numpy as np
import pytest
import torch

from oodflow.analysis import Walk
from oodflow.bijections import Bijection, Chain, Coupling, Logit, MultiScale
from oodflow.errors import UsageError
from oodflow.flows import Flow, GlowConfig, Images, TabularConfig, image_noise

from .flows import CONFIGS, STILL, images_of, moving, still


def logits(images, seed=0, draw=0):
    p = 0.05 + 0.9 * (images + image_noise(images, seed, draw).astype(np.float64)) / 256
    return np.log(p) - np.log(1 - p)


@pytest.mark.parametrize("name", CONFIGS)
def test_latents_of_a_flow_that_changes_nothing_are_the_pixels_at_their_places(name):
    flow = still(name)
    images = images_of(flow.shape)
    z, _ = Walk(flow)(images, lambda visit: None)
    assert torch.allclose(z, torch.from_numpy(logits(images)), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_layer_is_visited_with_the_places_of_its_numbers(name):
    flow = still(name)
    images, visited = images_of(flow.shape, seed=1), []
    expected = torch.from_numpy(logits(images)).flatten(1)

    def look(visit):
        visited.append(visit.place)
        assert torch.allclose(visit.z, expected[:, visit.place.pixels], rtol=0, atol=1e-9)

    walk = Walk(flow)
    walk(images, look)
    assert visited == walk.places
    assert len(walk.couplings) == sum(isinstance(part, Coupling) for part in flow.modules())


@pytest.mark.parametrize("name", CONFIGS)
def test_a_coupling_changes_what_its_mask_says(name):
    def look(visit):
        if isinstance(visit.place.layer, Coupling):
            changed = visit.x != visit.z
            assert not changed[:, ~visit.place.changes].any()
            assert changed[:, visit.place.changes].double().mean() > 0.9
            assert not (visit.place.changes & visit.place.sees).any()

    flow = moving(name)
    Walk(flow)(images_of(flow.shape), look)


def test_the_scales_are_those_of_the_parts_that_leave():
    flow = still("realnvp, 4 scales, colour")
    walk = Walk(flow)
    parts = flow.bijection.layers[1].unflatten(torch.arange(flow.dims)[None])
    for scale, part in enumerate(parts):
        assert (walk.scales[walk.latents[part.flatten()]] == scale).all()


def test_outputs_may_be_replaced_on_the_way():
    flow = moving("glow, 3 scales")
    images = images_of(flow.shape)
    walk = Walk(flow)
    z, log_det = walk(images, lambda visit: visit.inputs if isinstance(visit.place.layer, Coupling) else None)
    for part in flow.modules():
        if isinstance(part, Coupling):  # no scale and no shift
            part.net = torch.nn.Sequential(part.net, Nothing())
    expected, _ = Walk(flow)(images, lambda visit: None)
    assert torch.allclose(z, expected, rtol=0, atol=1e-9)
    assert log_det.shape == (len(images),)


class Nothing(torch.nn.Module):
    def forward(self, x):
        return torch.zeros_like(x)


def test_copies_go_through_side_by_side():
    flow = moving("realnvp, 2 scales")
    images = images_of(flow.shape)
    once, _ = Walk(flow)(images, lambda visit: None)
    thrice, _ = Walk(flow)(images, lambda visit: None, copies=3)
    assert torch.allclose(thrice, once.repeat(3, 1, 1, 1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [2, 8])
def test_what_is_alive_of_visits_does_not_grow_with_the_layers(steps):
    torch.manual_seed(0)
    flow = GlowConfig(scales=2, steps=steps, width=2, net=STILL).build((1, 8, 8)).eval()
    before, alive = [], []

    def look(visit):
        alive.append(sum(reference() is not None for reference in before))
        before.append(weakref.ref(visit.outputs))

    Walk(flow)(images_of(flow.shape), look)
    assert len(alive) == 1 + 2 * 3 * steps
    assert max(alive) <= 4  # the flow itself holds what has left after a scale


def test_the_flow_is_left_alone():
    flow = moving("realnvp, 2 scales").train()
    state = {name: tensor.clone() for name, tensor in flow.state_dict().items()}
    Walk(flow)(images_of(flow.shape), lambda visit: None)
    assert flow.training
    assert all(not part._forward_hooks for part in flow.modules())
    assert all(torch.equal(tensor, state[name]) for name, tensor in flow.state_dict().items())


def test_vectors_have_no_pictures():
    with pytest.raises(UsageError, match=r"this flow is over reals \(6,\): only flows over images have pictures"):
        Walk(TabularConfig(couplings=2, width=4).build((6,)))


def test_a_composition_that_changes_numbers_itself_is_named():
    class Doubling(Bijection):
        def __init__(self):
            super().__init__()
            self.inner = Chain([Logit()])

        def forward(self, x):
            z, log_det = self.inner(x)
            return 2 * z, log_det

        def inverse(self, z):
            return self.inner.inverse(z / 2)

    flow = Flow(Images((1, 4, 4)), MultiScale((1, 4, 4), [Doubling()]))
    with pytest.raises(UsageError, match="made of others changes numbers itself"):
        Walk(flow)
