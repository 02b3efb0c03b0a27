"""Every experiment keeps the contract, and the contract catches others."""

from dataclasses import replace

import pytest

from oodflow.errors import UsageError
from oodflow.paper.claims import above
from oodflow.paper.experiment import Picture
from oodflow.paper.experiments import EXPERIMENTS
from oodflow.paper.experiments.baselines import FLOWS
from oodflow.paper.graph import nodes
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Training
from oodflow.paper.quantities import auroc
from oodflow.recipes import SCALES
from oodflow.report.published import PUBLISHED_AUROC
from oodflow.testing import check_experiment


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiment_keeps_the_contract(name):
    check_experiment(EXPERIMENTS[name])


def test_contract_catches_a_claim_about_what_is_not_asked_for():
    one = EXPERIMENTS["fig5"]
    other = replace(one.claims[0], quantity=auroc(FLOWS["glow", "mnist"], "notmnist"))
    with pytest.raises(AssertionError, match="rests on evaluate-mnist-glow-0"):
        check_experiment(replace(one, claims=(other,)))


def test_contract_catches_a_picture_of_nothing():
    one = EXPERIMENTS["fig2"]
    with pytest.raises(AssertionError, match="explain-nobody-0 is none"):
        check_experiment(replace(one, pictures=(Picture("explain-nobody", "latents", "Nobody."),)))


def test_contract_catches_a_range_upside_down():
    one = EXPERIMENTS["fig7"]
    upside_down = replace(above(1.0), high=0.0)
    with pytest.raises(AssertionError, match="ends in order"):
        check_experiment(replace(one, claims=(replace(one.claims[0], expected=upside_down),)))


@pytest.mark.parametrize("scale", SCALES)
def test_what_is_trained_alike_is_trained_once(tmp_path, scale):
    """Trainings are shared between figures, and a folder is that of one configuration."""
    lab = Lab(tmp_path, scale)
    trainings = [node for node in nodes(EXPERIMENTS.values(), lab) if isinstance(node, Training)]
    assert len({node.name for node in trainings}) == len(trainings)
    configs = {}
    for node in trainings:
        try:
            config = node.config(lab).model_dump_json()
        except UsageError:  # the recipe has no such scale, or an encoder is missing
            continue
        configs.setdefault(config, set()).add(node.path(lab))
    folders = [path for paths in configs.values() for path in paths]
    assert len(folders) == len(configs) == len(set(folders))


def test_table_1_asks_for_every_number_of_the_paper():
    numbers = [claim.paper for claim in EXPERIMENTS["table1"].claims if "comes to the paper's number" in claim.says]
    assert sorted(numbers) == sorted(number for row in PUBLISHED_AUROC.values() for number in row.values())


def test_every_claim_of_an_auroc_of_a_trained_flow_stands_beside_one_that_learned_nothing():
    without = [
        claim.says
        for name, experiment in EXPERIMENTS.items()
        if name not in ("fig4", "prop1")  # of densities that are made, not learned
        for claim in experiment.claims
        if claim.unit == "AUROC, %" and claim.learned_nothing is None
    ]
    assert not without
