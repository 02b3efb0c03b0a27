"""A run and its data can move: together, apart, and to be found from any folder."""

import contextlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from making_runs import QUIET, record_of, stopped
from oodflow.cli import main
from oodflow.data import load
from oodflow.errors import NotThere
from oodflow.runs import RunDir
from oodflow.runs.own_data import load_unseen
from oodflow.runs.places import located, places_of
from oodflow.session.train import SessionOptions, train_or_open

SMOKE = ("photographs-realnvp", "--scale", "smoke", "training.steps=4", "training.batch_size=16", "monitor.every=100")


def fill(folder, n, seed):
    folder.mkdir(parents=True)
    for i, image in enumerate(np.random.default_rng(seed).integers(0, 256, (n, 8, 8), dtype=np.uint8)):
        Image.fromarray(image).save(folder / f"{i:03d}.png")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder with photos, others, and a run that was begun there by relative paths; to be read only."""
    project = tmp_path_factory.mktemp("begun")
    fill(project / "photos", 60, 0)
    fill(project / "others", 20, 1)
    with contextlib.chdir(project):
        assert main(["train", *SMOKE, "data=folder:photos", "ood=folder:others", "--out", "runs/one"]) == 0
    return project


@pytest.fixture
def project(begun, tmp_path, monkeypatch):
    """A copy of it, which is the working directory."""
    project = shutil.copytree(begun, tmp_path / "project")
    monkeypatch.chdir(project)
    return project


def in_test(result):
    assert result.code == 0, result.err
    return [one["name"] for one in json.loads(result.out)["sets"]]


def test_the_record_says_where_data_lie_from_the_run_on(project):
    places = {"folder:photos": "../../photos", "folder:others": "../../others"}
    assert record_of(project / "runs/one")["training"]["places"] == places


def test_found_from_any_folder(oodflow, project, tmp_path, monkeypatch):
    assert in_test(oodflow("evaluate", "runs/one", "--json")) == ["folder:photos", "folder:others"]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    fill(tmp_path / "elsewhere" / "photos", 30, 7)  # of the same name, and not what was trained on
    names = in_test(oodflow("evaluate", project / "runs/one", "--json"))
    assert names == [f"folder:{project}/photos", f"folder:{project}/others"]
    assert oodflow("explain", project / "runs/one", "--limit", 4, "--draws", 2).code == 0


def test_a_project_moves_as_a_whole(oodflow, project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.move(project, tmp_path / "archive")
    names = in_test(oodflow("evaluate", tmp_path / "archive/runs/one", "--json"))
    assert names == [f"folder:{tmp_path}/archive/photos", f"folder:{tmp_path}/archive/others"]


def test_so_does_one_with_absolute_paths(oodflow, project, tmp_path, monkeypatch):
    settings = [f"data=folder:{project}/photos?shape=1x8x8", f"ood=folder:{project}/others?shape=1x8x8"]
    assert oodflow("train", *SMOKE, *settings, "--out", "runs/two").code == 0
    monkeypatch.chdir(tmp_path)
    shutil.move(project, tmp_path / "archive")
    names = in_test(oodflow("evaluate", tmp_path / "archive/runs/two", "--json"))
    assert names[0] == f"folder:{tmp_path}/archive/photos?shape=1x8x8"


@pytest.fixture
def moved(project):
    """The project with its photos somewhere else."""
    shutil.move(project / "photos", project / "pictures")
    return project


VERBS = {
    "evaluate": ["evaluate", "runs/one"],
    "explain": ["explain", "runs/one", "--limit", 4, "--draws", 2],
    "detect": ["detect", "runs/one", "others", "--fpr", 0.5, "--score", "likelihood"],
    "export": ["export", "runs/one", "flow.onnx"],
    "resume": ["train", "--resume", "runs/one", "training.steps=8"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_data_that_are_gone_are_named_anew(oodflow, moved, verb):
    result = oodflow(*VERBS[verb])
    assert result.code == 2
    assert "photos: there is no such folder, which runs/one was trained on: if it lies elsewhere now, " in result.error
    assert "say where by adding data=folder:PATH to the command" in result.error


@pytest.mark.parametrize("verb", VERBS)
def test_data_that_are_named_anew_are_taken_if_they_are_the_same(oodflow, moved, verb):
    if verb == "export":
        pytest.importorskip("onnx")
    fill(moved / "wrong", 60, 5)
    shutil.copytree(moved / "pictures", moved / "more")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(moved / "more" / "new.png")
    for folder in ("wrong", "more"):
        result = oodflow(*VERBS[verb], f"data=folder:{folder}")
        assert result.code == 1
        assert "was begun on" in result.error and f"in folder:{folder} now" in result.error
    assert RunDir(moved / "runs/one").written_config().data == "folder:photos"
    result = oodflow(*VERBS[verb], "data=folder:pictures")
    assert result.code == 0, result.err


def test_another_test_set_needs_no_data(oodflow, project):
    fill(project / "later", 20, 9)
    shutil.rmtree(project / "photos")
    words = ["evaluate", "runs/one", "--in-test", "folder:later", "--json"]
    assert in_test(oodflow(*words)) == ["folder:later", "folder:others"]


def test_weights_to_begin_with_are_found_and_have_seen_their_images(oodflow, project, tmp_path, monkeypatch):
    photos = sorted((project / "photos").iterdir())
    fill(project / "new" / "train", 60, 8)
    shutil.copytree(project / "others", project / "new" / "test")
    for picture in photos:
        shutil.copy(picture, project / "new" / "test" / f"again-{picture.name}")
    words = ["data=folder:new", "ood=[]", "--from", "runs/one", "--out", "runs/two"]
    assert oodflow("train", *SMOKE, *words).code == 0
    seen = len(load("folder:photos", "train"))
    fill(project / "strange", 20, 11)
    inside, _ = json.loads(oodflow("evaluate", "runs/two", "--ood", "folder:strange", "--json").out)["sets"]
    assert inside["note"] == f"{seen} of these 80 images are trained on as well, by their content"
    monkeypatch.chdir(tmp_path)
    assert RunDir(project / "runs/two").config().start.data == (f"folder:{project}/photos",)
    assert oodflow("train", "--resume", project / "runs/two", "training.steps=5").code == 0


def test_other_words_may_stand_around(oodflow, moved):
    words = ["evaluate", "data=folder:pictures", "runs/one", "--limit", 4, "--json"]
    assert in_test(oodflow(*words)) == ["folder:pictures", "folder:others"]
    words = ["evaluate", "--json", "runs/one", "--ood", "folder:others", "data=folder:pictures"]
    assert in_test(oodflow(*words)) == ["folder:pictures", "folder:others"]


def test_an_array_of_the_same_images_is_the_same(oodflow, moved):
    images = np.stack([np.asarray(Image.open(path)) for path in sorted((moved / "pictures").iterdir())])
    np.save(moved / "packed.npy", images[:, None])
    assert in_test(oodflow("evaluate", "runs/one", "data=npy:packed.npy", "--json"))[0] == "npy:packed.npy"


def test_what_is_calibrated_needs_no_data(oodflow, project):
    assert oodflow(*VERBS["detect"]).code == 0
    shutil.move(project / "photos", project / "pictures")
    assert oodflow(*VERBS["detect"]).code == 0


def test_only_places_are_said_anew(oodflow, project):
    result = oodflow("evaluate", "runs/one", "objective.threshold=3")
    assert result.code == 2
    assert "only where its data lie now, as data=SPEC" in result.error
    assert "unknown data set 'nosuch'" in oodflow("evaluate", "runs/one", "data=nosuch").error


def test_a_run_that_goes_on_remembers_where_its_data_lie(oodflow, moved):
    result = oodflow("train", "--resume", "runs/one", "data=folder:pictures", "training.steps=8")
    assert result.code == 0, result.err
    assert RunDir(moved / "runs/one").written_config().data == "folder:pictures"
    training = record_of(moved / "runs/one")["training"]
    assert training["places"]["folder:pictures"] == "../../pictures"
    assert training["steps"] == 8
    assert [change["now"] for change in training["changes"]] == [{"training.steps": 8}], "the data are the same"
    assert in_test(oodflow("evaluate", "runs/one", "--json"))[0] == "folder:pictures"


def test_a_finished_run_is_told_for_good(oodflow, moved, tmp_path, monkeypatch):
    result = oodflow("train", "--resume", "runs/one", "data=folder:pictures")
    assert result.code == 0
    assert "Its data now lie in folder:pictures." in result.err
    monkeypatch.chdir(tmp_path)
    assert in_test(oodflow("evaluate", moved / "runs/one", "--json"))[0] == f"folder:{moved}/pictures"


def test_it_goes_on_from_any_folder_with_the_same_weights(oodflow, project, tmp_path, monkeypatch):
    config = RunDir(project / "runs/one").config()
    run = stopped(project / "runs/two", config, 2)
    monkeypatch.chdir(tmp_path)
    assert oodflow("train", "--resume", run.path).code == 0
    one, two = (project / "runs" / name / "weights.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_notebook_opens_what_it_has_trained(project):
    config = RunDir(project / "runs/one").written_config()
    assert train_or_open(config, project / "runs/one", SessionOptions(**QUIET)).path == project / "runs/one"


def test_what_an_objective_takes_beside_is_named_anew(oodflow, project):
    fill(project / "pushed", 60, 3)
    settings = ["objective=negative", "objective.data=folder:pushed", "objective.threshold=-600"]
    assert oodflow("train", *SMOKE, "data=folder:photos", "ood=folder:others", *settings, "--out", "runs/two").code == 0
    shutil.move(project / "pushed", project / "away")
    result = oodflow("train", "--resume", "runs/two", "training.steps=8")
    assert "by adding objective.data=folder:PATH to the command" in result.error
    assert oodflow("train", "--resume", "runs/two", "training.steps=8", "objective.data=folder:away").code == 0


def test_names_of_official_sets_stay(trained):
    config = RunDir(trained).config().model_copy(update={"data": "mnist", "ood": ("svhn",)})
    assert places_of(config, trained) == {}
    assert located(config, trained, {"mnist": "../x"}) == config


def test_a_damaged_record_hides_no_configuration(project):
    before = RunDir(project / "runs/one").config()
    (project / "runs/one/record.json").write_text("{")
    assert RunDir(project / "runs/one").config() == before


def test_a_path_through_a_link_is_kept_as_it_is(oodflow, project):
    (project / "linked").symlink_to(project / "photos")
    assert oodflow("train", *SMOKE, "data=folder:linked", "ood=[]", "--out", "runs/two").code == 0
    assert record_of(project / "runs/two")["training"]["places"] == {"folder:linked": "../../linked"}
    (project / "linked").unlink()
    with pytest.raises(NotThere, match=r"linked: there is no such folder, which .*two was trained on"):
        load_unseen(RunDir(project / "runs/two"), "folder:linked", "test")
