"""Other libraries' flows and ours, training and scoring by turns."""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from oodflow.bench.peers import PEERS, Peer
from oodflow.bench.peers.peer import SIZES, LogProb, logits
from oodflow.bench.record import Duel, Pair, PeerSpeed, Sizes
from oodflow.bench.rounds import Task, interleave, ratios, summary
from oodflow.bench.throughput import BATCH, COUNTED, LEAST, SCORED, Subject, count_work, parameters, speed
from oodflow.flows import Flow
from oodflow.training import MaximumLikelihood, Part, TrainingConfig, TrainState, seeded
from oodflow.training.loop import take_step
from oodflow.training.streams import DATA

TRAINING = TrainingConfig(steps=1_000_000, batch_size=BATCH, lr=1e-4)  # Adam at PyTorch's defaults, as for the peers
WHATS = ("train", "score")

Draw = Callable[[int], Tensor]
"""Draws so many vectors, or images as logits."""


def compare(name: str, scale: str, rounds: int) -> PeerSpeed:
    """Measure a peer and the flow of ours that is nearest to it.

    Both train with Adam at batch 32 on what is in memory. Theirs scores with its ``log_prob`` in batches of 32, in eval
    and inference mode; ours with :class:`oodflow.statistics.Observation`, which draws each image's noise
    besides, or where it is over vectors with ``log_prob`` as well.

    Returns:
        The peer's row of the record. Where it is not installed, or fails, ``missing`` says so and there is no duel.
    """
    if find_spec(name) is None:
        return PeerSpeed(peer=name, missing="not installed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs are not for our users
            return PeerSpeed(peer=name, release=version(name), duel=_duel(name, scale, rounds))
    except Exception as error:  # of a library that is not ours, of any version: no reason to lose all the rest
        return PeerSpeed(peer=name, release=version(name), missing=f"failed: {type(error).__name__}: {error}")


def _duel(name: str, scale: str, rounds: int) -> Duel:
    peer = PEERS[name](SIZES[scale])
    with seeded(0):
        model, log_prob = peer.build()
        flow = peer.config.build(peer.shape)
    draw = _drawing(peer)
    images = BATCH * SCORED[scale]
    theirs = _their_tasks(model, log_prob, draw(BATCH), draw(images))
    ours = _our_tasks(flow, SCORED[scale], draw)
    work = {
        "theirs": count_work(model, lambda: log_prob(draw(COUNTED))),
        "ours": count_work(flow, _our_log_prob(flow, draw)),
    }
    tasks = [Task(f"{side} {task.name}", task.call) for pair in zip(theirs, ours, strict=True)
             for side, task in zip(("theirs", "ours"), pair, strict=True)]  # fmt: skip
    seconds = interleave(tasks, rounds, least=LEAST[scale])
    pairs = {}
    for i, what in enumerate(WHATS):
        count = BATCH if what == "train" else images
        of = {side: seconds[f"{side} {what}"] for side in work}
        speeds = {side: speed(work[side][1 - i].flop, count, of[side]) for side in work}
        pairs[what] = Pair(ratio=summary(ratios(of["theirs"], of["ours"])), **speeds)
    return Duel(
        theirs=peer.theirs, ours=peer.ours, flow=peer.config.title,
        parameters=Sizes(theirs=parameters(model), ours=parameters(flow)), train=pairs["train"], score=pairs["score"],
    )  # fmt: skip


def _their_tasks(model: nn.Module, log_prob: LogProb, batch: Tensor, scored: Tensor) -> list[Task]:
    optimiser = torch.optim.Adam(model.parameters(), lr=TRAINING.lr)

    def train_step() -> None:
        model.train()
        optimiser.zero_grad()
        (-log_prob(batch).mean()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return [Task("train", train_step), Task("score", _in_batches(model, log_prob, scored))]


def _our_tasks(flow: Flow, batches: int, draw: Draw) -> list[Task]:
    if flow.domain.is_images:
        return Subject.start(flow, TRAINING, batches).tasks()
    state, batch, scored = TrainState.start(flow, TRAINING), draw(BATCH), draw(BATCH * batches)
    part = Part(batch, torch.zeros_like(batch))  # vectors take no noise
    state.initialise(*part)
    train = lambda: take_step(state, {DATA: part}, TRAINING, MaximumLikelihood())  # noqa: E731
    return [Task("train", train), Task("score", _in_batches(flow, flow.log_prob, scored))]


def _in_batches(model: nn.Module, log_prob: Callable[[Tensor], Tensor], scored: Tensor) -> Callable[[], None]:
    def score() -> None:
        model.eval()
        with torch.inference_mode():
            for batch in torch.split(scored, BATCH):
                log_prob(batch)

    return score


def _drawing(peer: Peer) -> Draw:
    generator = torch.Generator().manual_seed(0)

    def draw(number: int) -> Tensor:
        shape = (number, *peer.shape)
        if len(peer.shape) == 1:
            return torch.randn(shape, generator=generator)
        return logits(torch.randint(0, 256, shape, generator=generator), torch.rand(shape, generator=generator))

    return draw


def _our_log_prob(flow: Flow, draw: Draw) -> Callable[[], Tensor]:
    if not flow.domain.is_images:
        return lambda: flow.log_prob(draw(COUNTED))
    images = torch.zeros((COUNTED, *flow.shape), dtype=torch.uint8)
    return lambda: flow.log_prob(images, noise=torch.full(images.shape, 0.5))
