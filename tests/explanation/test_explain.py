"""Explanations: what they write, that the numbers are those of the pictures, and what is refused."""

import copy
import json
import re

import numpy as np
import pytest
import torch

from making_runs import record_of
from oodflow.analysis import centre_square, contributions, edge_map, has_batch_norm, latents, resample
from oodflow.bench.throughput import shape_of
from oodflow.bijections import Coupling
from oodflow.data import load
from oodflow.explanation.measure import measure
from oodflow.explanation.observations import observations
from oodflow.explanation.page import collected
from oodflow.explanation.pictures import PICTURES, Subject
from oodflow.files import file_name
from oodflow.flows import RealNVPConfig, image_noise
from oodflow.metrics import bits_per_dim
from oodflow.nets import ResNetConfig
from oodflow.recipes import RECIPES
from oodflow.runs import load as load_flow
from oodflow.testing.modules import randomise
from oodflow.training import seeded

FEW = ["--measured", "6", "--draws", "3"]


def explained(run, name):
    return json.loads((run / "explain" / file_name(name) / "explain.json").read_text())


def test_what_an_explanation_writes(oodflow, run, sets):
    before = record_of(run)
    result = oodflow("explain", run, *FEW, "--seed", "2")
    assert result.code == 0, result.err
    folder = run / "explain" / file_name(sets.outside)
    assert f"Wrote {folder}/explain.md with its figures" in result.out
    for name in PICTURES:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG"), name
        assert "<svg" in (folder / f"{name}.svg").read_text(), name
    page = (folder / "explain.md").read_text()
    assert all(f"![{name}]({name}.png)" in page for name in PICTURES)
    assert record_of(run) == before
    record = explained(run, sets.outside)
    assert record["trained"]["command"] in page
    assert record["command"] == f"oodflow explain {run} --measured 6 --draws 3 --seed 2"
    mine, other = record["sets"]
    assert (mine["name"], mine["images"], mine["fingerprint"]) == (
        sets.inside, 6, load(sets.inside, "test").limit(6).fingerprint,
    )  # fmt: skip
    assert (other["name"], other["images"]) == (sets.outside, 6)
    assert [len(data["couplings"]) for data in (mine, other)] == [10, 10]
    assert list(mine["edges"]) == ["single", "mean"]
    assert "| mean of 3 z |" in page


def test_the_numbers_are_those_of_the_analysis(oodflow, run, sets):
    assert oodflow("explain", run, *FEW, "--json").code == 0
    record = explained(run, sets.outside)
    flow = load_flow(run)
    bits = []
    for data, split in zip(record["sets"], ("test", "all"), strict=True):
        images = load(data["name"], split).limit(6).batch(slice(None))
        found = bits_per_dim(contributions(flow, images).log_prob, flow.dims)
        assert data["bits_per_dim"]["value"] == pytest.approx(found.mean())
        bits.append(found.mean())
    *parts, whole = record["gap"]
    assert whole["name"] == "all"
    assert whole["outside"] - whole["inside"] == pytest.approx(bits[0] - bits[1])
    assert sum(part["inside"] for part in parts) == pytest.approx(whole["inside"])
    assert sum(part["outside"] for part in parts) == pytest.approx(whole["outside"])
    for data in record["sets"]:
        log_dets = sum(layer["log_det"]["value"] for layer in data["couplings"])
        side = "inside" if data is record["sets"][0] else "outside"
        in_bits = sum(part[side] for part in parts if part["name"].startswith("log-det"))
        assert log_dets / np.log(2) == pytest.approx(in_bits, rel=1e-6)


def test_what_is_measured_is_what_it_says(sets):
    torch.manual_seed(0)
    net = ResNetConfig(blocks=1)
    flow = randomise(RealNVPConfig(scales=2, width=4, net=net).build((1, 8, 8)).double(), 0).eval()
    images = load(sets.inside, "train").limit(9).batch(slice(None))
    found = measure(flow, images, draws=3, seed=4, train_mode=True)
    z = {
        "single": latents(flow, images, seed=4), "mean": latents(flow, images, seed=4, draws=3),
        "train_mode": latents(flow, images, seed=4, batch_norm="train"),
    }  # fmt: skip
    edges = edge_map(images)
    for kind, maps in z.items():
        expected = [np.corrcoef(np.abs(a[0]).ravel(), e.ravel())[0, 1] for a, e in zip(maps, edges, strict=True)]
        assert found["edges"][kind]["value"] == pytest.approx(np.mean(expected))
        expected = [abs(np.corrcoef(a.ravel(), x.ravel())[0, 1]) for a, x in zip(maps, images, strict=True)]
        assert found["shape"][kind]["value"] == pytest.approx(np.mean(expected))
    noise = torch.from_numpy(image_noise(images, 4))
    with torch.no_grad():
        log_prob = copy.deepcopy(flow).train().log_prob(torch.from_numpy(images), noise=noise)
    assert found["bits_per_dim_train_mode"]["value"] == pytest.approx(-log_prob.mean().item() / 64 / np.log(2))
    redrawn = resample(flow, images, centre_square(8, 8, side=4), seed=4)
    difference = np.abs(redrawn.astype(float) - images)[:, 0]
    assert found["resampling"]["inside"]["value"] == pytest.approx(difference[:, 2:6, 2:6].mean())
    surround = (difference.sum() - difference[:, 2:6, 2:6].sum()) / 9 / (64 - 16)
    assert found["resampling"]["surround"]["value"] == pytest.approx(surround)


def test_what_can_not_be_measured_is_none_and_the_files_are_json(oodflow, run):
    assert oodflow("explain", run, *FEW, "--ood", "flat?shape=1x8x8").code == 0
    _, flat = explained(run, "flat?shape=1x8x8")["sets"]
    assert flat["edges"] == {"single": None, "mean": None}
    assert flat["couplings"][0]["log_scale_edges"] is None
    text = (run / "explain" / file_name("flat?shape=1x8x8") / "explain.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_stopped_explanation_leaves_the_one_before_as_it_was(oodflow, run, sets, monkeypatch):
    assert oodflow("explain", run, *FEW).code == 0
    folder = run / "explain" / file_name(sets.outside)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stopped(subject):
        raise KeyboardInterrupt

    monkeypatch.setitem(PICTURES, "masks", stopped)
    assert oodflow("explain", run, *FEW, "--seed", "1").code == 130
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_same_question_has_the_same_answer(oodflow, run, sets):
    answers = []
    for _ in range(2):
        assert oodflow("explain", run, *FEW).code == 0
        folder = run / "explain" / file_name(sets.outside)
        pictures = {name: (folder / f"{name}.png").read_bytes() for name in PICTURES}
        answers.append((explained(run, sets.outside)["sets"], pictures))
    assert answers[0] == answers[1]


def test_the_images_asked_for_are_shown(oodflow, run, sets):
    assert oodflow("explain", run, *FEW, "--images", "7,3").code == 0
    assert explained(run, sets.outside)["shown"] == {sets.inside: [7, 3], sets.outside: [7, 3]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--images", "3,20"],
            "image 20 is not in npy:.*stripes.npy, which has images 0 to 19: name others with --images",
        ),
        (["--images", "3,x"], "argument --images: expected a whole number from 0 but got 'x'"),
        (["--ood", "mnist?shape=1x28x28"], "mnist"),
        (["--ood", "digits"], "the data set digits holds images of shape 1x16x16 but the flow takes 1x8x8"),
        (["--train-mode"], "this flow has no batch norm, so there is no train mode to show"),
        (["--measured", "1"], "expected a whole number from 2 but got '1'"),
    ],
)
def test_what_can_not_be_explained(oodflow, run, arguments, message):
    result = oodflow("explain", run, *FEW, *arguments)
    assert result.code in (1, 2)
    assert re.search(message, result.error), result.error
    assert not (run / "explain").exists()


def test_it_needs_another_set(oodflow, run, sets):
    result = oodflow("explain", run, "--ood", sets.inside)
    assert "is what this flow was trained on: name another data set" in result.error


RECIPES_OF_FLOWS = {
    recipe.flow.model_dump_json() + str(shape_of(recipe.data)): recipe
    for recipe in (RECIPES[name]("smoke") for name in RECIPES)
}
"""Every flow that a recipe has, once."""


@pytest.mark.parametrize("recipe", RECIPES_OF_FLOWS.values(), ids=lambda recipe: recipe.recipe)
def test_every_preset_can_be_explained(recipe):
    shape = shape_of(recipe.data)
    with seeded(0):
        flow = recipe.flow.build(shape).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    settings = {"draws": 2, "seed": 0, "train_mode": has_batch_norm(flow)}
    measured = {name: measure(flow, images, **settings) for name in ("inside", "outside")}
    pictures = dict.fromkeys(measured, images[:1])
    others = dict.fromkeys(measured, images)
    subject = Subject("it", flow, pictures, others, {name: [0] for name in measured}, measured, **settings)
    for draw in PICTURES.values():
        assert draw(subject).get_size_inches().min() > 1
    assert len(measured["inside"]["couplings"]) == sum(isinstance(part, Coupling) for part in flow.modules())


def test_a_run_without_explanations_is_named(oodflow, run):
    assert "has not been explained: run `oodflow explain" in oodflow("observations", run).error


def test_a_damaged_explanation_is_named(oodflow, run, sets):
    assert oodflow("explain", run, *FEW).code == 0
    file = run / "explain" / file_name(sets.outside) / "explain.json"
    file.write_text(file.read_text()[:200])
    assert "explain.json is damaged" in oodflow("observations", run).error


def test_observations_of_several_runs_stand_side_by_side(oodflow, run, sets, tmp_path):
    assert oodflow("explain", run, *FEW).code == 0
    result = oodflow("observations", run, run, "--write", tmp_path / "out")
    assert result.code == 0, result.err
    page = (tmp_path / "out.md").read_text()
    assert page == collected([explained(run, sets.outside)] * 2, "Out")
    header = next(line for line in page.splitlines() if line.startswith("| section | observation |"))
    assert header.count("RealNVP") == 2
    assert len(json.loads((tmp_path / "out.json").read_text())) == 2
    for block in page.split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1, block


def estimate(value, spread=0.01):
    return {"value": value, "low": value - spread, "high": value + spread}


def made_up(**changes):
    """A record in which every observation holds."""

    def layer(i, r2):
        return {
            "scale": 0, "size": [8, 8], "r2": estimate(r2), "mean_log_scale": estimate(0.5), "log_det": estimate(0.2),
            "log_scale_edges": estimate(-0.4),
            **{f"r2_{kind}": None if i == 0 else estimate(0.1) for kind in ("erased", "swapped", "donor")},
        }  # fmt: skip

    def data(name, train_mode_rise, shape):
        kinds = ("single", "mean", "train_mode")
        return {
            "name": name, "split": "test", "images": 9, "fingerprint": "f", "note": "", "bits_per_dim": estimate(3.0),
            "bits_per_dim_train_mode": estimate(3.0 + train_mode_rise),
            "edges": dict(zip(kinds, (estimate(0.1), estimate(0.4), estimate(0.1)), strict=True)),
            "shape": dict(zip(kinds, (estimate(0.1), estimate(0.4), estimate(shape)), strict=True)),
            "couplings": [layer(i, 0.8) for i in range(3)],
            "resampling": {"inside": estimate(60.0), "surround": estimate(2.0)},
        }  # fmt: skip

    record = {
        "who": "RealNVP", "command": "oodflow explain", "commit": "abc", "date": "2026-01-01T00:00", "seed": 0,
        "draws": 40, "train_mode": True, "trained": {"command": "oodflow train", "commit": "abc", "steps": 9},
         "sets": [data("clothes", 0.1, 0.1), data("digits", 2.0, 0.6)],
        "gap": [{"name": "all", "inside": -3.0, "outside": -2.0, "low": 0.9, "high": 1.1}],
    }  # fmt: skip
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place = record
        for part in way:
            place = place[part]
        place[last] = value
    return record


def test_all_observations_hold_where_everything_is_as_the_paper_says():
    assert [o.holds for o in observations(made_up())] == [True] * 9


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, {"sets/1/edges/mean": estimate(0.005)}),
        (1, {"sets/0/edges/single": estimate(0.39)}),
        (2, {"sets/0/shape/train_mode": estimate(0.6)}),
        (3, {"sets/0/bits_per_dim_train_mode": estimate(4.5)}),
        (4, {"sets/1/couplings/0/r2": estimate(0.3)}),
        (5, {"sets/1/couplings/0/r2": estimate(0.3), "sets/1/couplings/2/r2": estimate(0.7)}),
        (6, {"sets/0/couplings/0/log_scale_edges": estimate(0.0)}),
        (7, {"sets/1/couplings/1/r2_erased": estimate(0.8)}),
        (8, {"sets/1/resampling/surround": estimate(20.0)}),
    ],
)
def test_each_observation_can_fail(number, change):
    verdicts = [o.holds for o in observations(made_up(**change))]
    assert verdicts[number] is False


def test_what_could_not_be_measured_decides_nothing():
    found = observations(made_up(**{"sets/1/edges/mean": None}))
    assert [o.holds for o in found] == [None, None, *[True] * 7]
    assert "digits not measurable" in found[0].measured


def test_a_name_decides_nothing():
    assert all(o.holds for o in observations(made_up(**{"sets/1/name": "bananas"})))


def test_without_batch_norm_its_observations_do_not_apply():
    verdicts = [o.verdict for o in observations(made_up(train_mode=False))]
    assert verdicts[2:4] == ["does not apply"] * 2
