"""``oodflow detect`` of images: what is said of which, whatever they lie in."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import oodflow as package
from oodflow.data import ImageSet, load
from oodflow.data.fit import fit_image
from oodflow.deployment.detect import open_detector
from oodflow.deployment.options import DetectionOptions
from oodflow.deployment.pictures import Pictures
from oodflow.evaluation.record import Evaluation
from oodflow.flows import RealNVPConfig
from oodflow.metrics import conformal_p_values, conformal_threshold
from oodflow.runs import RunDir
from oodflow.scores import Combined, Likelihood
from oodflow.statistics import Observation

from .conftest import column, lines_of

rng = np.random.default_rng(3)
NOISE = rng.integers(0, 256, (5, 1, 8, 8), dtype=np.uint8)


@pytest.fixture
def pictures(tmp_path):
    """A folder with one in a folder of its own, one that is broken, one that is hidden, and a text."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name, pixels in zip(("b.png", "a.png", "more/c.png", ".hidden.png"), NOISE, strict=False):
        Image.fromarray(pixels[0]).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    return folder


def halves(run, sets):
    flow, calibration = package.load(run), load(sets.inside, "calibration")
    return flow, *(Observation(flow, calibration.take(np.arange(at, len(calibration), 2))) for at in (0, 1))


def test_a_folder(detect, run, pictures):
    result = detect(run, pictures)
    assert result.code == 1
    files = [str(pictures / name) for name in ("a.png", "b.png", "broken.jpg", "more/c.png")]
    assert column(result, "file") == files
    assert column(result, "verdict")[2] == "error"
    assert column(result, "row") == [None] * 4
    broken = lines_of(result)[2]
    assert (broken["score"], broken["p_value"]) == (None, None)
    assert "broken.jpg: this picture cannot be read" in broken["error"]
    assert "Calibrated combined by 10 held-out images" in " ".join(result.err.split())
    (pictures / "broken.jpg").unlink()
    assert detect(run, pictures).code == 0


@pytest.mark.parametrize(("name", "score"), [(None, Combined()), ("likelihood", Likelihood())])
def test_scores_p_values_and_verdicts(detect, run, sets, tmp_path, name, score):
    flow, learned_from, held_out = halves(run, sets)
    fitted = score.fit(learned_from)
    reference = fitted.score(held_out)
    test = load(sets.inside, "test").batch(slice(0, 20))
    images = np.concatenate([test, NOISE])
    np.save(tmp_path / "images.npy", images)
    result = detect(run, tmp_path / "images.npy", *(["--score", name] if name else []))
    assert result.code == 0
    scores = fitted.score(Observation(flow, ImageSet.from_array(images)))
    assert column(result, "row") == list(range(25))
    assert column(result, "score") == pytest.approx(scores, rel=1e-5)
    assert column(result, "p_value") == pytest.approx(conformal_p_values(reference, scores))
    threshold = conformal_threshold(reference, 0.2)
    assert column(result, "verdict") == ["ood" if one > threshold else "normal" for one in scores]


def test_the_threshold_is_that_of_an_evaluation(oodflow, run):
    oodflow("evaluate", run, "--scores", "combined", "--fpr", 0.2)
    (file,) = (run / "evaluations").glob("*/evaluation.json")
    detector = open_detector(RunDir.open(run), DetectionOptions(fpr=0.2))
    assert Evaluation.read(file).thresholds["combined"].value == pytest.approx(detector.threshold)


def test_batches_make_no_difference(detect, run, pictures, tmp_path):
    np.save(tmp_path / "noise.npy", NOISE)
    results = [detect(run, pictures, tmp_path / "noise.npy", "--batch-size", n) for n in (1, 3, 256)]
    for name in ("file", "row", "verdict"):
        assert column(results[0], name) == column(results[1], name) == column(results[2], name)
    scores = [[np.nan if one is None else one for one in column(result, "score")] for result in results]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
    np.testing.assert_allclose(scores[0], scores[2], rtol=1e-5)
    assert scores[0][4:6] == pytest.approx(scores[0][1::-1], rel=1e-5), "a picture is the same in an array"


def test_pictures_are_brought_to_the_size_as_a_folder_is(run):
    flow = package.load(run)
    picture = Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    picture.save("large.png")
    (datum,) = Pictures(flow.shape, "mnist").read(Path("large.png"))
    assert (datum.values == fit_image(picture, (1, 8, 8))).all()


def test_pictures_are_thinned_as_what_was_trained_on(tmp_path):
    flow = RealNVPConfig(scales=2, width=2).build((1, 8, 8))
    pixels = rng.integers(0, 256, (16, 16), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    (datum,) = Pictures(flow.shape, "mnist?shape=1x16x16&every=2").read(tmp_path / "x.png")
    assert (datum.values[0] == pixels[::2, ::2]).all()
    with pytest.raises(package.errors.UsageError, match="detect with the flow that it is the background of"):
        Pictures(flow.shape, "mnist?mutated=0.2")


def test_json_lines(detect, run, pictures):
    lines = lines_of(detect(run, pictures / "a.png", "missing.png", "--json"))
    assert [list(line) for line in lines] == [["file", "row", "score", "p_value", "verdict", "error"]] * 2
    assert lines[0]["error"] == "" and 0 < lines[0]["p_value"] <= 1
    assert lines[1] == {
        "file": "missing.png", "row": None, "score": None, "p_value": None, "verdict": "error",
        "error": "missing.png: No such file or directory",
    }  # fmt: skip


def test_names_on_standard_input(detect, run, pictures, stdin):
    stdin(f"{pictures / 'a.png'}\n\nmissing\n{pictures / 'more'}".encode())
    result = detect(run, "-")
    assert column(result, "file") == [str(pictures / "a.png"), "missing", str(pictures / "more/c.png")]
    assert column(result, "verdict")[1] == "error"
    assert result.code == 1
    result = detect(run, "-", "--stdin", "rows")
    assert result.code == 2 and "which do not come as rows" in result.error


def test_arrays_that_are_none_of_images(detect, run, tmp_path):
    np.save(tmp_path / "five.npy", np.zeros((2, 3, 4, 5, 6)))
    np.savez(tmp_path / "x.npz", X=np.zeros(5))
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "good.npy", NOISE[:1])
    result = detect(run, *(tmp_path / name for name in ("five.npy", "x.npz", "empty", "good.npy")))
    assert result.code == 1
    assert column(result, "verdict")[:3] == ["error"] * 3
    assert lines_of(result)[3]["score"] is not None
    assert "should be [N,C,H,W]" in lines_of(result)[0]["error"]
    assert "no pictures in it" in lines_of(result)[2]["error"]
