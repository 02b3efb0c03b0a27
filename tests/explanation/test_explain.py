"""Explanations: what they write, that the numbers are those of the pictures, and what is refused."""

import copy
import json
import re
import sys

import numpy as np
import pytest
import torch

from making_runs import record_of
from oodflow.analysis import centre_square, contributions, edge_map, latents, resample
from oodflow.bench.throughput import shape_of
from oodflow.bijections import Autoregressive, Coupling
from oodflow.data import ImageSet, load
from oodflow.document import as_markdown
from oodflow.explanation import ExplainOptions
from oodflow.explanation.explain import explanation_of
from oodflow.explanation.gallery import PICTURES
from oodflow.explanation.measure import measure
from oodflow.explanation.page import observations_document
from oodflow.explanation.record import Explanation, Explanations
from oodflow.explanation.subject import Side, Subject
from oodflow.explanation.summary import between, explained_set
from oodflow.files import file_name
from oodflow.flows import RealNVPConfig, image_noise
from oodflow.metrics import bits_per_dim, mean
from oodflow.nets import ResNetConfig, has_batch_norm
from oodflow.recipes import RECIPES
from oodflow.runs import RunDir
from oodflow.runs import load as load_flow
from oodflow.runs.provenance import describe, provenance
from oodflow.testing.modules import randomise
from oodflow.training import seeded

FEW = ["--limit", "6", "--draws", "3"]


@pytest.fixture(autouse=True)
def few_pictures(request, monkeypatch):
    """Draw two pictures, as PNG, where none is looked at: most of the time goes into them."""
    before = dict(PICTURES)
    if "every_picture" not in request.fixturenames:
        monkeypatch.setattr(sys.modules[explanation_of.__module__], "FORMATS", ("png",))
        for name in list(PICTURES)[1:-1]:
            del PICTURES[name]
    yield
    PICTURES.clear()
    PICTURES.update(before)  # in their order, which the page has too


@pytest.fixture
def every_picture(rendered):
    """Let a test have all of them, in every format."""


def explained(run, name):
    return Explanation.read(run / "explain" / file_name(name) / "explain.json")


def test_what_an_explanation_writes(oodflow, run, sets, every_picture):
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
    assert record.trained.command in page
    assert record.provenance.command == f"oodflow explain {run} --limit 6 --draws 3 --seed 2"
    options = record.options
    assert (options.ood, options.limit, options.draws, options.seed) == (sets.outside, 6, 3, 2)
    assert (options.train_mode, options.images, options.device) == (False, (), "auto")
    mine, other = record.sets
    assert (mine.name, mine.images, mine.fingerprint) == (
        sets.inside, 6, load(sets.inside, "test").limit(6).fingerprint,
    )  # fmt: skip
    assert (other.name, other.images, other.shape) == (sets.outside, 6, (1, 8, 8))
    assert [len(data.couplings) for data in (mine, other)] == [10, 10]
    assert list(mine.edge_correlation) == ["single", "mean"]
    assert "| mean of 3 z |" in page


def test_couplings_that_are_not_affine_are_explained_as_well(oodflow, tiny, sets, tmp_path, every_picture):
    run = tmp_path / "spline"
    assert oodflow(*tiny, "flow.transformer=spline", "--out", run).code == 0
    result = oodflow("explain", run, *FEW)
    assert result.code == 0, result.err
    folder = run / "explain" / file_name(sets.outside)
    page = (folder / "explain.md").read_text()
    assert {path.stem for path in folder.glob("*.png")} == set(re.findall(r"!\[(\w+)\]", page)) == set(PICTURES)
    assert "RealNVP with convnets and actnorm, spline couplings" in page
    assert oodflow("observations", run).code == 0


def test_the_numbers_are_those_of_the_analysis(oodflow, run, sets):
    result = oodflow("explain", run, *FEW, "--json")
    record = explained(run, sets.outside)
    assert json.loads(result.out) == record.as_dict()
    flow = load_flow(run)
    bits = []
    for data, split in zip(record.sets, ("test", "all"), strict=True):
        images = load(data.name, split).limit(6).batch(slice(None))
        found = bits_per_dim(contributions(flow, images).log_prob, flow.dims)
        assert data.bits_per_dim.value == pytest.approx(found.mean())
        bits.append(found.mean())
    *parts, whole = record.between.gap
    assert whole.name == "all"
    assert whole.difference.value == pytest.approx(bits[0] - bits[1])
    assert len(record.between.r2) == 10
    for gain, mine, other in zip(record.between.r2, *(data.couplings for data in record.sets), strict=True):
        assert gain.value == pytest.approx(other.r2.value - mine.r2.value)
    assert sum(part.inside for part in parts) == pytest.approx(whole.inside)
    assert sum(part.outside for part in parts) == pytest.approx(whole.outside)
    for data, side in zip(record.sets, ("inside", "outside"), strict=True):
        log_dets = sum(layer.log_det.value for layer in data.couplings)
        in_bits = sum(getattr(part, side) for part in parts if part.name.startswith("log-det"))
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
        np.testing.assert_allclose(found.edge_correlation[kind], expected)
        expected = [abs(np.corrcoef(a.ravel(), x.ravel())[0, 1]) for a, x in zip(maps, images, strict=True)]
        np.testing.assert_allclose(found.image_correlation[kind], expected)
    noise = torch.from_numpy(image_noise(images, 4))
    with torch.no_grad():
        log_prob = copy.deepcopy(flow).train().log_prob(torch.from_numpy(images), noise=noise)
    np.testing.assert_allclose(found.bits_per_dim_train_mode, -log_prob.numpy() / 64 / np.log(2))
    redrawn = resample(flow, images, centre_square(8, 8, side=4), seed=4)
    difference = np.abs(redrawn.astype(float) - images)[:, 0]
    np.testing.assert_allclose(found.inside, difference[:, 2:6, 2:6].mean((1, 2)))
    surround = (difference.sum((1, 2)) - difference[:, 2:6, 2:6].sum((1, 2))) / (64 - 16)
    np.testing.assert_allclose(found.surround, surround)
    other = measure(flow, 255 - images[:5], draws=2, seed=4, train_mode=True)
    gain = between(found, other, 64, seed=1).image_correlation_train_mode
    means = [side.image_correlation["train_mode"].mean() for side in (found, other)]
    assert gain.value == pytest.approx(means[1] - means[0])
    # Differences within a set are means of differences of its images, and so are their intervals.
    data = explained_set(describe(load(sets.inside, "train").limit(9)), found, seed=1)
    for gain, expected in (
        (data.train_mode_rise, found.bits_per_dim_train_mode - found.bits_per_dim),
        (data.edge_gain, found.edge_correlation["mean"] - found.edge_correlation["single"]),
        (data.resampling.margin, found.inside / 4 - found.surround),
    ):
        of_images = mean(expected, seed=1)
        for end in ("value", "low", "high"):
            assert getattr(gain, end) == pytest.approx(getattr(of_images, end))


def test_what_can_not_be_measured_is_none_and_the_files_are_json(oodflow, run):
    assert oodflow("explain", run, *FEW, "--ood", "flat?shape=1x8x8").code == 0
    flat = explained(run, "flat?shape=1x8x8").outside
    assert flat.edge_correlation == {"single": None, "mean": None}
    assert flat.edge_gain is None
    assert flat.couplings[0].log_scale_edges is None
    text = (run / "explain" / file_name("flat?shape=1x8x8") / "explain.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_stopped_explanation_leaves_the_one_before_as_it_was(oodflow, run, sets, monkeypatch):
    assert oodflow("explain", run, *FEW).code == 0
    folder = run / "explain" / file_name(sets.outside)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stopped(*arguments):
        raise KeyboardInterrupt

    for stop in (
        lambda patch: patch.setitem(PICTURES, "masks", stopped),
        lambda patch: patch.setattr(Explanation, "write", stopped),
        lambda patch: patch.setattr("oodflow.explanation.page.observations_table", stopped),
    ):
        with monkeypatch.context() as patch:
            stop(patch)
            assert oodflow("explain", run, *FEW, "--seed", "1").code == 130
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert list(folder.parent.iterdir()) == [folder]


def test_the_same_question_has_the_same_answer(oodflow, run, sets, every_picture):
    answers = []
    for _ in range(2):
        assert oodflow("explain", run, *FEW).code == 0
        folder = run / "explain" / file_name(sets.outside)
        pictures = {name: (folder / f"{name}.png").read_bytes() for name in PICTURES}
        answers.append((explained(run, sets.outside).sets, pictures))
    assert answers[0] == answers[1]


def test_the_images_asked_for_are_shown(oodflow, run, sets):
    assert oodflow("explain", run, *FEW, "--images", "7,3").code == 0
    assert explained(run, sets.outside).shown == {sets.inside: (7, 3), sets.outside: (7, 3)}


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
        (["--limit", "1"], "expected a whole number from 2 but got '1'"),
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
    if recipe.flow.domain.is_images
}
"""Every flow that a recipe has, once."""


@pytest.mark.parametrize("recipe", RECIPES_OF_FLOWS.values(), ids=lambda recipe: recipe.recipe)
def test_every_preset_can_be_explained(recipe, tmp_path, every_picture):
    shape = shape_of(recipe.data)
    with seeded(0):
        flow = recipe.flow.build(shape).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    options = ExplainOptions(draws=2, train_mode=has_batch_norm(flow))
    measured = measure(flow, images, draws=2, seed=0, train_mode=options.train_mode)
    inside, outside = (
        Side(describe(ImageSet.from_array(images, name)), (0,), images[:1], images, measured)
        for name in ("inside", "outside")
    )
    run = RunDir(tmp_path)
    run.write_config(recipe)
    explanation = explanation_of(run, flow, options, provenance("test"), (inside, outside))
    for draw in PICTURES.values():
        assert draw(Subject(explanation, flow, (inside, outside))).get_size_inches().min() > 1
    couplings = sum(isinstance(part, Coupling | Autoregressive) for part in flow.modules())
    assert len(explanation.inside.couplings) == len(explanation.between.r2) == couplings


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
    both = Explanations(explanations=(explained(run, sets.outside),) * 2)
    assert page == as_markdown(observations_document(both, "Out"))
    header = next(line for line in page.splitlines() if line.startswith("| section | observation |"))
    assert header.count("RealNVP") == 2
    assert Explanations.read(tmp_path / "out.json") == both
    for block in page.split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1, block
