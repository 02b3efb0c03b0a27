"""Other libraries: compared where they are installed, listed where they are not."""

from importlib.util import find_spec

import pytest
import torch
from torch import nn

from oodflow.bench import against
from oodflow.bench.against import compare
from oodflow.bench.peers import PEERS, Peer
from oodflow.bench.peers.peer import logits
from oodflow.bench.record import PeerSpeed
from oodflow.flows import GlowConfig, TabularConfig

GLOW = Peer("theirs", "ours", GlowConfig(scales=1, steps=1, width=4), (1, 8, 8), lambda: (LAYER, log_density))
TABULAR = Peer("theirs", "ours", TabularConfig(couplings=1, width=4), (6,), lambda: (LAYER, log_density))
LAYER = nn.Linear(1, 1)


def log_density(x):
    return LAYER(x.flatten(1).mean(1, keepdim=True))[:, 0]


@pytest.mark.parametrize("peer", [GLOW, TABULAR], ids=["images", "vectors"])
def test_a_peer_is_measured_beside_ours(monkeypatch, peer):
    monkeypatch.setitem(PEERS, "numpy", lambda size: peer)  # something installed
    row = compare("numpy", "smoke", 2)
    assert row.duel is not None, row
    assert row.duel.parameters.theirs == 2
    for pair, flop in ((row.duel.score, 2), (row.duel.train, 4)):  # no gradient of the input
        assert pair.ratio.low <= pair.ratio.median <= pair.ratio.high
        assert pair.theirs.flop_per_image == flop
        assert pair.ours.flop_per_image > 100
        faster = pair.ours.images_per_second.low > pair.theirs.images_per_second.high
        assert pair.ratio.median > 1 or not faster


def test_a_peer_that_is_not_there(monkeypatch):
    monkeypatch.setattr(against, "find_spec", lambda name: None)
    assert compare("normflows", "smoke", 1) == PeerSpeed(peer="normflows", missing="not installed")


def test_a_peer_that_fails_does_not_end_the_rest(monkeypatch):
    def broken(size):
        raise RuntimeError("its own affair")

    monkeypatch.setitem(PEERS, "numpy", broken)
    assert compare("numpy", "smoke", 1).missing == "failed: RuntimeError: its own affair"


@pytest.mark.filterwarnings("default")  # theirs
@pytest.mark.parametrize("name", PEERS)
def test_the_flows_are_as_alike_as_the_page_says(name):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'oodflow[bench]'")
    row = compare(name, "cpu" if name == "torchflows" else "smoke", 1)
    assert row.duel.score.theirs.flop_per_image == pytest.approx(row.duel.score.ours.flop_per_image, rel=0.1)
    if row.duel.ours == "the same":
        assert row.duel.parameters.theirs == pytest.approx(row.duel.parameters.ours, rel=0.02)


def test_logits_are_our_way_in():
    images, noise = torch.randint(0, 256, (2, 1, 4, 4)), torch.rand(2, 1, 4, 4)
    flow = GlowConfig(scales=1, steps=1, width=4).build((1, 4, 4))
    logit, *_ = flow.bijection
    torch.testing.assert_close(logits(images, noise), logit((images + noise) / 256)[0])
