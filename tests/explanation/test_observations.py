"""What made-up quantities say about the paper's observations."""

import pytest

from oodflow.document import as_markdown
from oodflow.explanation.observations import observations
from oodflow.explanation.page import observations_document
from oodflow.explanation.record import Explanation, Explanations


def estimate(value, spread=0.01):
    return {"value": value, "low": value - spread, "high": value + spread}


def layer(i, r2):
    others = {f"r2_{kind}": None if i == 0 else estimate(0.1) for kind in ("erased", "swapped", "donor")}
    return {
        "scale": 0, "size": [8, 8], "r2": estimate(r2), "mean_log_scale": estimate(0.5), "log_det": estimate(0.2),
        "log_scale_edges": estimate(-0.4), "r2_fall": None if i == 0 else estimate(r2 - 0.1), **others,
    }  # fmt: skip


def data(name, train_mode_rise, image_correlation):
    kinds = ("single", "mean", "train_mode")
    return {
        "name": name, "split": "test", "images": 9, "fingerprint": "f", "note": "", "shape": [1, 8, 8],
        "bits_per_dim": estimate(3.0), "bits_per_dim_train_mode": estimate(3.0 + train_mode_rise),
        "train_mode_rise": estimate(train_mode_rise), "edge_gain": estimate(0.3),
        "edge_correlation": dict(zip(kinds, (estimate(0.1), estimate(0.4), estimate(0.1)), strict=True)),
        "image_correlation": dict(zip(kinds, (estimate(0.1), estimate(0.4), estimate(image_correlation)), strict=True)),
        "couplings": [layer(i, 0.8) for i in range(3)],
        "resampling": {"inside": estimate(60.0), "surround": estimate(2.0), "margin": estimate(13.0)},
    }  # fmt: skip


def made_up(**changes):
    """An explanation in which every observation holds; changes are ``path=value``, with / in the path."""
    provenance = {
        "command": "oodflow explain", "oodflow": "0", "commit": "abc", "date": "2026-01-01T00:00", "python": "3",
        "torch": "2", "libraries": {}, "system": "linux", "cpus": 1, "threads": 1, "gpu": None,
    }  # fmt: skip
    record = {
        "schema_version": 2, "provenance": provenance, "options": {"ood": "digits", "train_mode": True},
        "subject": "RealNVP", "recipe": "mnist-realnvp", "device": "cpu", "differences": "bootstrapped",
        "trained": {"command": "oodflow train", "commit": "abc", "steps": 9, "configuration": "c", "seed": 0},
        "shown": {},
        "sets": [data("clothes", 0.1, 0.1), data("digits", 2.0, 0.6)],
        "between": {
            "image_correlation_train_mode": estimate(0.5), "r2": [estimate(0.0)] * 3,
            "gap": [{"name": "all", "inside": -3.0, "outside": -2.0, "difference": estimate(1.0)}],
        },
    }  # fmt: skip
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place = record
        for part in way:
            place = place[part]
        place[last] = value
    return Explanation.parse(record)


def verdicts(**changes):
    return [one.verdict for one in observations(made_up(**changes))]


def test_all_observations_hold_where_everything_is_as_the_paper_says():
    assert verdicts() == ["holds"] * 9


FAILING = [
    (0, {"sets/1/edge_correlation/mean": estimate(-0.1)}),
    (1, {"sets/0/edge_gain": estimate(-0.1)}),
    (2, {"between/image_correlation_train_mode": estimate(-0.1)}),
    (3, {"sets/0/train_mode_rise": estimate(1.5)}),
    (3, {"sets/0/train_mode_rise": estimate(-1.5)}),
    (3, {"sets/0/train_mode_rise": estimate(0.0), "sets/1/train_mode_rise": estimate(0.03)}),
    (4, {"sets/1/couplings/0/r2": estimate(0.3)}),
    (5, {"between/r2/0": estimate(-0.5), "between/r2/2": estimate(-0.1)}),
    (6, {"sets/0/couplings/0/log_scale_edges": estimate(0.1)}),
    (7, {"sets/1/couplings/1/r2_fall": estimate(-0.1), "sets/1/couplings/2/r2_fall": estimate(-0.1)}),
    (7, {"sets/1/couplings/1/r2_fall": estimate(-0.1)}),  # a half is not most
    (8, {"sets/1/resampling/margin": estimate(-1.0)}),
]


@pytest.mark.parametrize(("number", "changes"), FAILING)
def test_each_observation_can_fail(number, changes):
    expected = ["holds"] * 9
    expected[number] = "does not hold"
    assert verdicts(**changes) == expected


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (0, {"sets/1/edge_correlation/mean": estimate(0.005)}),
        (1, {"sets/0/edge_gain": estimate(0.1, 0.2)}),
        (1, {"sets/0/edge_gain": None}),
        (2, {"between/image_correlation_train_mode": estimate(-0.1, 0.2)}),
        (3, {"sets/0/train_mode_rise": estimate(0.8, 0.3)}),
        (4, {"sets/1/couplings/0/r2": estimate(0.501)}),
        (4, {"sets/1/couplings/0/r2": None}),
        (5, {"between/r2/0": estimate(-0.05), "between/r2/2": estimate(-0.1)}),
        (6, {"sets/0/couplings/0/log_scale_edges": estimate(0.0)}),
        (7, {"sets/1/couplings/1/r2_fall": estimate(0.0)}),
        (8, {"sets/0/resampling/margin": estimate(0.0, 1.0)}),
    ],
)
def test_an_interval_that_leaves_both_open_can_not_be_told(number, changes):
    expected = ["holds"] * 9
    expected[number] = "can't be told"
    assert verdicts(**changes) == expected


def test_what_fails_for_one_set_fails_whatever_the_other_is():
    changes = {"sets/0/edge_gain": None, "sets/1/edge_gain": estimate(-0.1)}
    assert verdicts(**changes)[1] == "does not hold"


def test_most_couplings_decide_whatever_the_others_are():
    found = observations(made_up(**{"between/r2/0": None}))[5]
    assert (found.verdict, found.measured.partition(";")[0]) == ("holds", "2 of 3 couplings, 1 can't be told")


def test_what_could_not_be_measured_is_named():
    (found, *_) = observations(made_up(**{"sets/1/edge_correlation/mean": None}))
    assert "digits not measurable" in found.measured


def test_a_name_decides_nothing():
    assert verdicts(**{"sets/1/name": "bananas"}) == ["holds"] * 9


def test_without_batch_norm_its_observations_do_not_apply():
    without = {f"sets/{i}/train_mode_rise": None for i in (0, 1)}
    assert verdicts(**without, **{"options/train_mode": False})[2:4] == ["does not apply"] * 2


def test_a_page_says_what_it_rests_on():
    page = as_markdown(observations_document(Explanations(explanations=(made_up(),)), "Observations"))
    assert "- `oodflow train` (commit abc, 9 steps)" in page
    assert "- `oodflow explain` (commit abc, 2026-01-01, seed 0, 40 dequantisations for mean latents)" in page
    assert "bounds" not in page
    bounded = Explanations(explanations=(made_up(differences="bounded"),))
    assert "are bounds from those of both sides" in as_markdown(observations_document(bounded))


def seeded(seed, **changes):
    return made_up(**{"trained/seed": seed}, **changes)


def in_short(*explanations):
    """The rows of the verdicts, cell by cell, and the whole page."""
    page = as_markdown(observations_document(Explanations(explanations=explanations)))
    table = page.split("## ")[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "|" in line], page


def test_seeds_share_a_column_and_say_where_they_disagree():
    fails = {"sets/1/edge_correlation/mean": estimate(-0.1)}
    rows, page = in_short(seeded(2), seeded(0, **fails), seeded(1))
    assert {len(row) for row in rows} == {3}
    assert [row[2] for row in rows[2:]] == ["holds (2), does not hold (1)", *["holds"] * 8]
    assert "3 training seeds each" in page
    assert [line for line in page.splitlines() if line.startswith("## RealNVP")] == [
        f"## RealNVP, seed {seed}: clothes and digits" for seed in range(3)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"trained/seed": None},
        {"trained/seed": 0},
        {"trained/configuration": "d"},
        {"trained/steps": 8},
        {"sets/1/fingerprint": "g"},
    ],
)
def test_what_differs_in_more_than_its_seed_has_a_column_of_its_own(change):
    rows, page = in_short(made_up(), made_up(**{"trained/seed": 1, **change}))
    assert {len(row) for row in rows} == {4}
    assert "one training seed each" in page
