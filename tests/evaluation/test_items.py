"""Which image has which score: names of files, numbers of rows, p-values and verdicts."""

import csv

import numpy as np
import pytest
from PIL import Image

from oodflow.data import load
from oodflow.evaluation.items import items, with_sizes_noted
from oodflow.testing.encoders import save_encoder

from .asking import asked, folders, newest, scores_of, unescaped


@pytest.fixture
def pictures(tmp_path):
    """A folder with pictures of several sizes, one of them in a folder of its own."""
    rng = np.random.default_rng(0)
    sizes = {"small.png": (1, 1), "inner/wide.png": (30, 20), "right.png": (8, 8), "large.png": (64, 48)}
    for name, (width, height) in sizes.items():
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8)).save(tmp_path / "pictures" / name)
    return f"folder:{tmp_path / 'pictures'}?shape=1x8x8"


FILES = ["inner/wide.png", "large.png", "right.png", "small.png"]


def table(run):
    (folder,) = folders(run)
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_image_has_a_line_with_its_scores_and_what_is_promised_of_it(oodflow, run, sets, pictures):
    arguments = ["--ood", sets.outside, pictures, "--scores", "combined", "typicality?group=2", "--fpr", 0.2]
    asked(oodflow, run, *arguments)
    lines, limit = table(run), newest(run).thresholds["combined"]
    names = ["likelihood", "combined", "compressed-size", "principal-components"]
    assert list(lines[0]) == ["set", "item", *(f"{name}{of}" for name in names for of in ("", " p_value", " verdict"))]
    for name, count in ((sets.inside, 20), (sets.outside, 40), (pictures, 4)):
        own = [line for line in lines if line["set"] == name]
        assert len(own) == count
        for score in names:
            np.testing.assert_allclose([float(line[score]) for line in own], scores_of(run, name)[score], rtol=1e-6)
        verdicts = ["ood" if value > limit.value else "normal" for value in scores_of(run, name)["combined"]]
        assert [line["combined verdict"] for line in own] == verdicts
        p_values = [float(line["combined p_value"]) for line in own]
        assert [p <= 0.2 for p in p_values] == [verdict == "ood" for verdict in verdicts]
        counts = [p * (1 + limit.images) for p in p_values]
        np.testing.assert_allclose(counts, np.round(counts), atol=1e-5)
    assert [line["item"] for line in lines if line["set"] == pictures] == FILES
    assert [line["item"] for line in lines if line["set"] == sets.outside] == [str(row) for row in range(40)]


def test_without_a_promise_there_are_values_alone(oodflow, run):
    asked(oodflow, run)
    assert list(table(run)[0]) == ["set", "item", "likelihood"]


def test_an_item_is_where_it_lies_whatever_the_split_and_the_limit(sets):
    test = load(sets.inside, "test").limit(7)
    whole = np.load(sets.inside.removeprefix("npy:"))
    found = items(test)
    assert len(found) == 7
    np.testing.assert_array_equal(whole[[int(row) for row in found]], test.batch(slice(None)))


def test_vectors_of_an_encoder_are_the_images_that_they_were_made_of(sets, pictures, tmp_path):
    pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")
    encoder = save_encoder(tmp_path / "encoder")
    vectors, images = (load(f"{sets.inside}{more}", "test").limit(5) for more in (f"?encoder={encoder}", ""))
    assert items(vectors) == items(images)
    assert items(load(f"{pictures}&encoder={encoder}", "all")) == FILES


def test_pictures_of_other_sizes_are_noted(oodflow, run, pictures):
    note = "3 of 4 pictures are of other sizes (1x1 to 64x48) and were resized"
    result = asked(oodflow, run, "--ood", pictures)
    assert newest(run).outsides[0].note == note
    assert f"{pictures} all: {note}." in unescaped(result.out)
    noted = with_sizes_noted(load(pictures, "all").take(np.array([1, 2])), None)
    assert noted.note == "1 of 2 pictures are of other sizes (64x48) and were resized"
    assert noted.fingerprint == load(pictures, "all").take(np.array([1, 2])).fingerprint
    assert with_sizes_noted(load(pictures, "all").take(np.array([2])), None).note == ""
