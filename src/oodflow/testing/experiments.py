"""The contract of an experiment, as a test that anyone can run on one of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oodflow.errors import UsageError
from oodflow.paper.claims import Claim
from oodflow.paper.experiment import Experiment
from oodflow.paper.found import Found, Missing
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Node, Product, Training
from oodflow.recipes import SCALES
from oodflow.recipes.scales import Scale

SEEDS = (0, 1, 2)


def check_experiment(experiment: Experiment) -> None:
    """Test that an experiment keeps its contract.

    It says what it is about; its studies have configurations at smoke and cpu scale, which differ in their seeds; its
    pieces of work come after what they need and have names of their own; every claim looks up nothing but what it
    asks for, and has a range at every scale; every picture is of a piece of work.

    Args:
        experiment: what is to be tested; none of its work is done.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.paper.experiments import EXPERIMENTS
        >>> check_experiment(EXPERIMENTS["fig7"])
    """
    assert experiment.title, "an experiment has a title"
    assert experiment.about.endswith((".", "?")), "an experiment says in whole sentences what it shows"
    for scale in ("smoke", "cpu"):
        lab = Lab(Path("none"), scale, SEEDS, encoder="none")
        _check_work(experiment, lab)
        _check_pictures(experiment, lab)
        for claim in experiment.claims:
            _check_claim(claim, experiment, lab)


def _check_work(experiment: Experiment, lab: Lab) -> None:
    nodes = list(experiment.nodes(lab))
    assert nodes, "an experiment needs some work"
    seen: set[Node] = set()
    for node in nodes:
        assert seen.issuperset(node.needs), f"{node.name} comes after what it needs"
        seen.add(node)
        assert node.command(lab).startswith("oodflow "), f"{node.name} tells the command that does it"
    names = {node.name for node in seen}
    assert len(names) == len(seen), "pieces of work have names of their own"
    for node in seen:
        if isinstance(node, Training):
            seed = _config_seed(node, lab)
            assert seed == node.seed, f"{node.name} is trained with its seed, but its configuration has {seed}"


def _config_seed(node: Training, lab: Lab) -> int:
    try:
        training = node.config(lab).training
    except UsageError as error:
        if "encoder" in str(error) or "none" in str(error):  # that of the test is not there
            return node.seed
        raise
    assert training is not None, f"{node.name} is trained"
    return training.seed


def _check_pictures(experiment: Experiment, lab: Lab) -> None:
    names = {product.name for product in experiment.products(lab)}
    for picture in experiment.pictures:
        assert picture.caption, f"{picture.of} says what it shows"
        of = f"{picture.of}-{lab.first}" if picture.name else picture.of
        assert of in names, f"the picture {picture.file(lab.first)} is of a piece of work: {of} is none"


class _Asked(Found):
    """Finds nothing, and notes what it is asked for."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.asked: list[Product] = []

    def records(self, nodes: Mapping[int, Product]) -> dict[int, Any]:
        """Note what is asked for."""
        self.asked += nodes.values()
        raise Missing("nothing is there")


def _check_claim(claim: Claim, experiment: Experiment, lab: Lab) -> None:
    assert claim.says and claim.unit, "a claim is a sentence about a quantity"
    for scale in SCALES:
        _check_range(claim, scale)
    asked = _Asked(lab)
    measured, reason = asked.look(claim.quantity)
    assert measured is None and reason, f"{claim.says}: where nothing was measured there is no number"
    there = {product.name for product in experiment.products(lab)}
    missing = {node.name for node in asked.asked} - there
    assert not missing, f"{claim.says}: it rests on {', '.join(sorted(missing))}, which the experiment does not ask for"
    if claim.learned_nothing:
        beside = _Asked(lab)
        beside.look(claim.learned_nothing)
        first = {node.name for node in beside.asked if node.seed == lab.first}
        assert first <= there, f"{claim.says}: what has learned nothing, {', '.join(sorted(first))}, is not asked for"


def _check_range(claim: Claim, scale: Scale) -> None:
    expected = claim.range(scale)
    assert expected.low <= expected.high, f"{claim.says}: the range at {scale} scale has its ends in order"
