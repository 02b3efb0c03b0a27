"""The most and least likely images of a run's page, and what a flow makes of each."""

import json
import math
import shutil
from itertools import pairwise

import numpy as np
import pytest

from oodflow.analysis import contributions, coupling_pictures, latents
from oodflow.cli import main
from oodflow.document import Distributions, Gallery, plain
from oodflow.flows import GlowConfig, LocalConfig, RealNVPConfig
from oodflow.report.run_report import run_report
from oodflow.report.run_report.closely import BATCH, LAYERS, Scales, look_closely
from oodflow.report.run_report.galleries import EACH, NUMBERS, _each, _ends
from oodflow.report.run_report.stored import stored
from oodflow.runs import RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.training import seeded

from .reading import evaluation_of, items_of, of_kind, paragraphs, part, pixels

ENDS = ("Most likely", "Least likely")


@pytest.mark.parametrize("place", [0, 1], ids=["inside", "outside"])
def test_galleries_hold_either_end_of_a_set(report, evaluated, sets, place):
    of = (sets.inside, sets.outside)[place]
    most, least = part(report.document, "Most and least likely", of).blocks
    assert (most.title, least.title) == ENDS
    _, folder = evaluation_of(evaluated)
    lines = items_of(folder, of)
    ranked = sorted(lines, key=lambda line: float(line["likelihood"]))
    for gallery, ends in ((most, ranked), (least, ranked[::-1])):
        assert [one.title for one in gallery.exhibits] == [f"no. {line['item']}" for line in ends[:EACH]]
        for exhibit, line in zip(gallery.exhibits, ends, strict=False):
            values = dict(exhibit.values)
            assert values["bits/dim"] == pytest.approx(float(line["likelihood"]) / (64 * math.log(2)), rel=1e-6)
            assert values["complexity"] == pytest.approx(float(line["complexity"]), rel=1e-6)
            assert "typicality?group=5" not in values  # it is of no single image


def test_an_exhibit_is_the_image_that_it_names(report, sets):
    images = {str(row): image for row, image in enumerate(np.load(sets.inside.removeprefix("npy:")))}
    for gallery in part(report.document, "Most and least likely", sets.inside).blocks:
        for exhibit in gallery.exhibits:
            shown = np.array(pixels(report, exhibit.picture))
            assert shown.shape == (96, 96)
            assert np.array_equal(shown[::12, ::12], images[exhibit.title.removeprefix("no. ")][0])


def test_maps_are_the_flows(report, evaluated, sets):
    flow = load_flow(evaluated)
    data = np.load(sets.inside.removeprefix("npy:"))
    exhibit = part(report.document, "Most and least likely", sets.inside).blocks[0].exhibits[2]
    image = data[[int(exhibit.title.removeprefix("no. "))]]
    of_latents, of_couplings = (one for one in exhibit.details if hasattr(one, "rows"))
    layers = coupling_pictures(flow, image)
    assert of_latents.header == ("z", "log p(z)", "log-det")
    assert of_couplings.header == ("", *(str(i) for i in range(1, len(layers) + 1)))
    expected = [latents(flow, image)[0, 0], *(np.nan_to_num(layer.prediction[0, 0]) for layer in layers)]
    for picture, values in zip([of_latents.rows[0][0], *of_couplings.rows[1][1:]], expected, strict=True):
        levels = np.array(pixels(report, picture))
        assert levels.shape == (8, 8)
        steps = [values[levels == level] for level in np.unique(levels)]
        assert all(lower.max() <= higher.min() for lower, higher in pairwise(steps))
    assert len(np.unique(pixels(report, of_latents.rows[0][0]))) > 20
    assert [plain(cell) for cell in of_couplings.rows[3][1:2]] == [f"{layers[0].r2[0]:.2f}".replace("-", "−")]


def test_a_set_of_one_image_has_the_same_at_either_end(evaluated):
    evaluation, _ = evaluation_of(evaluated)
    found = stored(RunDir.open(evaluated), evaluation)
    of = evaluation.outsides[0].name
    found.values[of]["likelihood"] = np.array([3.0])
    assert {title: rows.tolist() for title, rows in _ends(found, of, EACH).items()} == {
        "Most likely": [0], "Least likely": [0],
    }  # fmt: skip


def test_images_that_lie_elsewhere_by_now_are_shown(evaluated, report, sets, tmp_path):
    moved = shutil.copy(sets.inside.removeprefix("npy:"), tmp_path / "moved.npy")
    again = run_report([evaluated], restated=[f"data=npy:{moved}"])
    assert again.document.blocks[6] == report.document.blocks[6]
    assert report.document.blocks[6].title == "Most and least likely"


def test_images_that_are_not_there_are_not_shown(copy, sets, tmp_path, monkeypatch):
    config = json.loads((copy / "config.json").read_text())
    config["data"] = "npy:/nowhere/stripes.npy"
    (copy / "config.json").write_text(json.dumps(config))
    document = run_report([copy]).document
    (said,) = paragraphs(part(document, "Most and least likely").blocks)
    assert said.startswith("The images are not shown: ")
    assert "/nowhere/stripes.npy" in said
    assert list(of_kind(document.blocks, Distributions))
    assert not list(of_kind(document.blocks, Gallery))


def test_a_flow_that_has_been_trained_on_is_not_asked(copy, evaluated):
    weights = copy / "weights.safetensors"
    other = shutil.copy(copy / "checkpoint.safetensors", copy / "other")
    assert weights.read_bytes() != other.read_bytes()
    assert main(["train", "--resume", str(copy), "training.steps=5"]) == 0
    (said,) = paragraphs(part(run_report([copy]).document, "Most and least likely").blocks)
    assert said == "The images are not shown: the flow has been trained on since: evaluate it again."
    why = next(one for one in run_report([copy]).document.blocks if one.title.startswith("Why"))
    assert "It was made after 4 steps; the flow has been trained for 5 by now." in paragraphs(why.blocks)


@pytest.mark.parametrize(
    ("config", "channels"),
    [
        (RealNVPConfig(scales=2, width=2), 1),
        (GlowConfig(scales=2, steps=8, width=2), 3),
        (GlowConfig(scales=2, steps=1, width=2), 2),
        (LocalConfig(width=2, blocks=0), 1),
    ],
    ids=["RealNVP", "Glow, many layers", "two channels", "autoregressive"],
)
def test_every_flow_is_looked_at_closely(config, channels):
    with seeded(0):
        flow = config.build((channels, 8, 8)).eval()
    images = np.random.default_rng(0).integers(0, 256, (BATCH + 1, *flow.shape), dtype=np.uint8)
    look = look_closely(flow, images, seed=3)
    layers = coupling_pictures(flow, images, seed=3)
    assert look.couplings == len(layers)
    numbers = [layer.number for layer in look.layers]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == min(LAYERS, len(layers))
    assert (numbers[0], numbers[-1]) == (1, len(layers))
    last = layers[-1]
    seen = ~np.isnan(last.prediction).all(1)
    mean = np.nansum(last.prediction, 1)[seen] / np.isfinite(last.prediction).sum(1)[seen]
    assert np.allclose(look.layers[-1].prediction[seen], mean)
    assert np.allclose(look.layers[-1].r2, last.r2, equal_nan=True)
    assert np.allclose(look.z, latents(flow, images, seed=3))
    total = look.prior.sum((1, 2)) + look.log_det.sum((1, 2))
    parts = contributions(flow, images, seed=3).log_prob
    assert np.allclose(total - parts, (total - parts)[0])  # but for what 8 bits make, the same of all
    assert Scales.of(look).z.high > 0


def test_galleries_of_large_images_are_smaller():
    flow = GlowConfig(scales=2, steps=1, width=2).build((3, 64, 64))
    each = _each(flow, 5)
    assert 1 <= each < EACH
    assert 2 * 5 * each * (3 * 12 + 6) * 64 * 64 <= NUMBERS
    assert _each(GlowConfig(scales=2, steps=1, width=2).build((1, 8, 8)), 5) == EACH
    assert _each(flow, 500) == 1
