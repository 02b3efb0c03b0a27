"""Every experiment keeps the contract, and the contract catches others."""

from dataclasses import replace
from math import inf

import pytest

from oodflow.errors import UsageError
from oodflow.paper.claims import Measured, above, judge
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


def test_what_is_but_drawn_is_trained_with_the_first_seed_alone(tmp_path):
    trained = [
        node for node in nodes([EXPERIMENTS["fig15"]], Lab(tmp_path, "cpu", (5, 3))) if isinstance(node, Training)
    ]
    assert {node.seed for node in trained} == {3}
    assert len(trained) > len(FLOWS)


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


def of_the_paper(name):
    """The verdicts on claims of an AUROC, were the paper's own number measured."""
    return {
        claim.says: judge(Measured(values={0: claim.paper, 1: claim.paper}), claim.range("paper"))
        for claim in EXPERIMENTS[name].claims
        if claim.unit == "AUROC, %" and claim.paper is not None
    }


@pytest.mark.parametrize("name", ["table1", "fig17", "table2a", "fig18", "table2b"])
def test_the_papers_own_numbers_keep_its_claims_but_for_a_caption(name):
    verdicts = of_the_paper(name)
    assert len(verdicts) >= 4
    for says, verdict in verdicts.items():
        assert verdict == ("does not hold" if says.endswith("as the caption says") else "holds"), says


@pytest.mark.parametrize(
    ("name", "says", "low", "high"),
    [
        ("fig5", "RealNVP tells svhn", 99.0, None),
        ("fig5", "does not tell the third set, celeba", None, 90.0),
        ("fig13", "with checkerboard masks a flow trained on celeba finds svhn likelier", None, 0.0),
        ("fig13", "with cycle masks a flow trained on fashion-mnist finds mnist less likely", 0.0, None),
        ("fig13", "cycle masks rank celeba better", 0.0, None),
        ("fig10", "without a bottleneck finds mnist likelier", None, 0.0),
        ("fig10", "with one of 50 finds mnist less likely", 0.0, None),
        ("fig10", "with a bottleneck of 50 MNIST is less likely", 0.0, None),
        ("fig14", "predict MNIST less accurately", None, -0.05),
        ("fig2", "edges of other images", 0.0, None),
        ("fig2", "keep more of the shape of mnist", 0.0, None),
        ("fig3", "coupling 1 predicts poorly what it changes of mnist", None, 0.5),
        ("fig3", "coupling 2 predicts well what it changes of mnist", 0.5, None),
        ("fig3", "larger in flat parts than at edges of mnist", None, 0.0),
        ("fig9", "couplings predict svhn as accurately", -0.05, None),
        ("fig16", "the rest of images of svhn stays", 0.0, None),
        ("fig18", "trained on signal of hepmass, a flow finds background less likely on average", 0.0, None),
        ("grey-and-colour", "the latents of mnist less likely", None, 0.0),
        ("grey-and-colour", "the latents of svhn likelier", 0.0, None),
        ("untuned-pairs", "the better sets compress", None, -0.7),
    ],
)  # fmt: skip
def test_what_a_claim_says_is_on_the_side_that_it_asks_for(name, says, low, high):
    found = [claim for claim in EXPERIMENTS[name].claims if says in claim.says]
    assert found, "no claim says so"
    for claim in found:
        expected = claim.range("paper")
        assert (expected.low, expected.high) == (-inf if low is None else low, inf if high is None else high)
