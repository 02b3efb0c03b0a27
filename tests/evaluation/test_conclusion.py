"""What an evaluation says, in plain words."""

import pytest

from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import EvaluatedSet, Evaluation
from oodflow.metrics import Ranking
from oodflow.runs.provenance import provenance


def metrics(area, n_in=20):
    return Ranking(auroc=area, auroc_low=area, auroc_high=area, aupr_in=0, aupr_out=0, fpr95=0, n_in=n_in, n_out=20)


def entry(name, role="out-of-distribution", images=100, **scores):
    return EvaluatedSet(
        name=name, split="test", images=images, shape=(1, 8, 8), fingerprint="f" * 16, note="", role=role,
        bits_per_dim=3, bits_per_dim_bound=3, bits_per_dim_std=1, log_prob=-9, scores=scores,
        differences={}, above={}, flagged={},
    )  # fmt: skip


def evaluation(*outsides, images=100, **costs):
    return Evaluation(
        provenance=provenance("test"), step=1, weights=None, device="cpu", options=EvaluationOptions(), scores={},
        costs=costs, thresholds={}, left_out={}, replaces=None,
        sets=(entry("photographs", "in-distribution test", images), *outsides),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("areas", "sentences"),
    [
        (
            {"flat": (0.1, 0.95), "smooth": (0.2, 0.92), "noise": (1.0, 0.9), "digits": (0.5, 0.45)},
            "A flow trained on photographs finds flat and smooth more likely than photographs that it has not seen: a "
            "random image of flat beats one of them in 90 of 100 draws, while noise is caught. Neither clearly "
            "mistaken nor clearly caught, by AUROC of the likelihood: digits (50.0 %). The score complexity catches "
            "flat and smooth (AUROC 92.0 % or more), but not digits (45.0 %). Nothing that was asked tells digits "
            "(best: likelihood, 50.0 %).",
        ),
        ({"noise": (0.99, 0.1)}, "The likelihood tells noise from photographs (AUROC of 90 % or more)."),
        (
            {"flat": (0.3, 0.5)},
            "A flow trained on photographs finds flat more likely than photographs that it has not seen: a random "
            "image of flat beats one of them in 70 of 100 draws. Nothing that was asked tells flat (best: complexity, "
            "50.0 %).",
        ),
    ],
)
def test_meaning(areas, sentences):
    sets = [
        entry(name, likelihood=metrics(area), complexity=metrics(rescued)) for name, (area, rescued) in areas.items()
    ]
    assert conclusion(evaluation(*sets)) == sentences


def test_few_images_are_said_to_be_few():
    sentences = conclusion(evaluation(entry("noise", images=99, likelihood=metrics(0.99))))
    assert sentences.endswith(" There are few images of noise (99): what is said of them may be chance.")


def test_meaning_without_the_likelihood():
    assert conclusion(evaluation(entry("b", typicality=metrics(0.1)))) == ""


def test_groups_are_no_way_out_for_single_images():
    found = entry("flat", likelihood=metrics(0.1), typicality=metrics(0.92), **{"typicality?group=5": metrics(1.0, 4)})
    assert "The score typicality catches flat (AUROC 92.0 %)." in conclusion(evaluation(found))


def test_a_way_out_where_the_likelihood_is_in_between():
    found = entry("digits", likelihood=metrics(0.6), complexity=metrics(0.95))
    assert conclusion(evaluation(found)) == (
        "Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: digits (60.0 %). "
        "The score complexity catches digits (AUROC 95.0 %)."
    )


def test_each_set_has_the_score_that_is_best_for_it_whether_the_likelihood_is_mistaken_or_undecided():
    """As of FashionMNIST: what catches one set says nothing of what catches the other, nor of what nothing catches."""
    sets = [
        entry("mnist", likelihood=metrics(0.065), complexity=metrics(0.995), combined=metrics(0.98)),
        entry("notmnist", likelihood=metrics(0.655), complexity=metrics(0.92), combined=metrics(0.9975)),
        entry("celeba", likelihood=metrics(0.437), complexity=metrics(0.4), combined=metrics(0.72)),
    ]
    said = conclusion(evaluation(*sets, likelihood=0.002, complexity=0.003, combined=0.016))
    assert said.partition("celeba (43.7 %). ")[2] == (
        "The score complexity catches mnist (AUROC 99.5 %), but not celeba (40.0 %); it takes 1.5 times as long as the "
        "likelihood. The score combined catches notmnist (AUROC 99.8 %); it takes 8.0 times as long as the likelihood. "
        "The score combined alone catches mnist and notmnist (AUROC 98.0 % or more); it takes 8.0 times as long as the "
        "likelihood. Nothing that was asked tells celeba (best: combined, 72.0 %, which takes 8.0 times as long as the "
        "likelihood). What is named is the best of 3 scores on these very images: on others another may be."
    )


def test_what_is_no_detector_is_no_way_out():
    found = entry("flat", likelihood=metrics(0.1), complexity=metrics(0.6), **{"log-determinant": metrics(0.95)})
    assert conclusion(evaluation(found)).endswith("Nothing that was asked tells flat (best: complexity, 60.0 %).")


def test_where_the_likelihood_alone_was_asked_nothing_is_said_of_others():
    assert "best" not in conclusion(evaluation(entry("flat", likelihood=metrics(0.5))))


def test_no_share_is_rounded_to_all():
    found = entry("flat", likelihood=metrics(0.1), complexity=metrics(0.998))
    assert "(AUROC 99.8 %)" in conclusion(evaluation(found))


@pytest.mark.parametrize(("seconds", "price"), [(0.003, "1.5"), (0.05, "25"), (0.0002, "0.1"), (0.00004, "0.02")])
def test_the_price_of_a_way_out(seconds, price):
    found = entry("flat", likelihood=metrics(0.1), complexity=metrics(0.95))
    sentences = conclusion(evaluation(found, likelihood=0.002, complexity=seconds))
    assert sentences.endswith(f"(AUROC 95.0 %); it takes {price} times as long as the likelihood.")
    assert conclusion(evaluation(found, likelihood=0.002)).endswith("(AUROC 95.0 %).")


def test_of_too_few_images_there_is_no_verdict():
    one, noise = entry("one", images=1, likelihood=metrics(1.0)), entry("noise", likelihood=metrics(0.99))
    assert conclusion(evaluation(one)) == "There are too few images of one (1) to say anything."
    assert conclusion(evaluation(one, noise)) == (
        "The likelihood tells noise from photographs (AUROC of 90 % or more). There are too few images of one (1) "
        "to say anything."
    )
    assert conclusion(evaluation(noise, images=9)) == "There are too few images of photographs (9) to say anything."
