"""What users get wrong: one line on stderr that names it and the remedy, and the right exit code."""

import numpy as np
import pytest

from oodflow.cli import main

TRAIN = ("train", "photographs-realnvp", "--scale", "smoke")

USAGE = {
    "verb": (["trian"], "unknown verb 'trian': did you mean 'train'?"),
    "action": (["data", "lst"], "unknown action 'lst': did you mean 'list'?"),
    "nothing": ([], "arguments are required: VERB; see `oodflow --help`"),
    "flag": (["train", "mnist-glow", "--fast"], "unrecognized arguments: --fast"),
    "recipe": (["train", "mnist-glwo"], "unknown recipe 'mnist-glwo': did you mean 'mnist-glow'"),
    "no recipe": (["train"], "train needs a RECIPE"),
    "scale": (["train", "mnist-glow", "--scale", "papr"], "unknown scale 'papr': did you mean 'paper'?"),
    "no such scale": (["train", "photographs-realnvp", "--scale", "paper"], "use scale cpu or smoke"),
    "field": ([*TRAIN, "training.lrr=1"], "unknown field 'training.lrr': did you mean 'training.lr'"),
    "field of another net": ([*TRAIN, "flow.net.blocks=2"], "setting of flow.net=bottleneck or highway or"),
    "field of another flow": ([*TRAIN, "flow.patches=2"], "setting of flow=single-scale, this run has realnvp"),
    "mask": ([*TRAIN, "flow.mask=checkers"], "flow.mask: unknown mask 'checkers': did you mean 'checkerboard'"),
    "patches": ([*TRAIN, "flow.kind=single-scale", "flow.patches=3"], "patches is 3 but must divide height and width"),
    "vectors": ([*TRAIN, "flow.kind=tabular"], "photographs holds images, and this tabular is over real tensors: take"),
    "section": ([*TRAIN, "training=1"], "unknown field 'training'"),
    "no equals sign": ([*TRAIN, "training.lr"], "'training.lr' is not of the form field=value"),
    "too low": ([*TRAIN, "training.lr=-1"], "does not fit training.lr: it should be greater than 0 (got -1)"),
    "not finite": ([*TRAIN, "training.lr=Infinity"], "does not fit training.lr: it should be a finite number"),
    "no number": ([*TRAIN, "training.steps=abc"], "does not fit training.steps: it should be a whole number"),
    "kind": ([*TRAIN, "flow.net.kind=resnit"], "did you mean 'resnet'"),
    "recipe's name": ([*TRAIN, "recipe=mine"], "recipe can't be set"),
    "recipe's scale": ([*TRAIN, "scale=paper"], "scale can't be set"),
    "seed": ([*TRAIN, "--seed", "-1"], "does not fit training.seed: it should be at least 0"),
    "precision": ([*TRAIN, "--precision", "half"], "does not fit training.precision"),
    "data": ([*TRAIN, "data=photograph"], "unknown data set 'photograph': did you mean 'photographs'?"),
    "ood": ([*TRAIN, "ood=digts"], "unknown data set 'digts': did you mean 'digits'"),
    "split": ([*TRAIN, "split=tarin"], "split: it should be 'train' or 'train+calibration'"),
    "test as training": ([*TRAIN, "split=test"], "split: it should be 'train' or 'train+calibration'"),
    "seed beyond torch": ([*TRAIN, "--seed", str(2**63)], "does not fit training.seed: it should be"),
    "batch": ([*TRAIN, "training.batch_size=40001"], "batch_size 40001 is more than the 40000 images of photographs"),
    "scales": ([*TRAIN, "flow.scales=9"], "can't be built for the 1x16x16 images of photographs"),
    "shapes": ([*TRAIN, "data=photographs?shape=3x8x8"], "write digits?shape=3x8x8"),
    "resume": (["train", "--resume", "nowhere"], "nowhere is not a run"),
    "resume another": (["train", "--resume", "nowhere", "--scale", "smoke"], "as it was begun: leave --scale away"),
    "evaluate": (["evaluate", "nowhere"], "nowhere is not a run"),
    "compare": (["compare", "nowhere"], "nowhere is not a run"),
    "leaderboard": (["leaderboard", "nowhere"], "nowhere is not a run"),
    "scores": (["scores", "nowhere"], "nowhere is not a run"),
    "get": (["data", "get", "mnits"], "unknown data set 'mnits': did you mean 'mnist'"),
    "check": (["data", "check", "mnits"], "unknown data set 'mnits': did you mean 'mnist'"),
    "demo": (["demo", "--scale", "paper"], "unknown --scale 'paper'"),
    "bench recipe": (["bench", "--recipes", "mnist-glwo"], "unknown recipe 'mnist-glwo': did you mean 'mnist-glow'"),
    "bench rounds": (["bench", "--rounds", "0"], "argument --rounds: expected a whole number from 1 but got '0'"),
    "bench scale": (["bench", "--scale", "papr"], "unknown --scale 'papr': did you mean 'paper'?"),
    "bench no such scale": (["bench", "--recipes", "photographs-realnvp"], "use scale cpu or smoke"),
    "bench against": (["bench", "--against", "nowhere.json"], "nowhere.json is not there: measure it first"),
    "bench both": (["bench", "--against", "a.json", "--store", "b.json"], "not allowed with argument"),
}  # fmt: skip

EVALUATE = {
    "limit 0": (["--limit", "0"], "argument --limit: expected a whole number from 2 but got '0'"),
    "limit 1": (["--limit", "1"], "argument --limit: expected a whole number from 2 but got '1'"),
    "limit": (["--limit", "abc"], "argument --limit: expected a whole number from 2 but got 'abc'"),
    "batch": (["--batch-size", "0"], "argument --batch-size: expected a whole number from 1 but got '0'"),
    "draws": (["--draws", "0"], "argument --draws: expected a whole number from 1"),
    "seed": (["--seed", "-1"], "argument --seed: expected a whole number from 0 but got '-1'"),
    "score": (["--scores", "likelyhood"], "unknown score 'likelyhood': did you mean 'likelihood' or"),
    "score's setting": (["--scores", "typicality?groups=2"], "unknown setting of typicality 'groups': did you mean"),
    "group": (["--scores", "typicality?group=0"], "does not fit group: it should be at least 1"),
    "set": (["--ood", "flatt"], "unknown data set 'flatt': did you mean 'flat'?"),
    "no set": (["--ood"], "argument --ood: expected at least one argument"),
    "shape": (["--ood", "flat"], "holds images of shape 1x16x16 but the flow takes 1x8x8: write flat?shape=1x8x8"),
    "shape syntax": (["--ood", "flat?shape=8x8"], "shape '8x8' is not CxHxW"),
    "option": (["--ood", "flat?size=8"], "the options are ?shape=CxHxW, ?every=K, ?mutated=RATE"),
}


@pytest.mark.parametrize(("arguments", "message"), USAGE.values(), ids=USAGE)
def test_bad_usage(oodflow, tmp_path, arguments, message):
    result = oodflow(*arguments)
    assert message in result.error
    assert result.code == 2
    assert not list((tmp_path / "here").iterdir())  # and no run was left behind that can't be begun


@pytest.mark.parametrize(("arguments", "message"), EVALUATE.values(), ids=EVALUATE)
def test_bad_usage_of_evaluate(oodflow, run, arguments, message):
    before = sorted(run.iterdir())
    result = oodflow("evaluate", run, *arguments)
    assert message in result.error
    assert result.code == 2
    assert sorted(run.iterdir()) == before


def test_data_that_is_not_there(oodflow, run, tmp_path):
    result = oodflow("train", "mnist-glow", "--scale", "smoke")
    assert f"mnist (train) is not in {tmp_path / 'data'}: run `oodflow data get mnist`" in result.error
    assert result.code == 1
    assert not (tmp_path / "here/runs").exists()
    assert oodflow("evaluate", run, "--ood", "mnist?shape=1x8x8").code == 1
    (tmp_path / "empty").mkdir()
    assert "no pictures in it" in oodflow("evaluate", run, "--ood", f"folder:{tmp_path / 'empty'}").error


NOT_THERE = {
    "a run": (["evaluate", "nope"], "nope is not a run"),
    "a run of several": (["scores", "nope"], "nope is not a run"),
    "a page": (["compare", "nope.json"], "there is no nope.json"),
    "an array": (["evaluate", "RUN", "--ood", "npy:nope.npy"], "there is no such file"),
    "a table": (["evaluate", "RUN", "--ood", "csv:nope.csv"], "there is no such file"),
    "a folder": (["evaluate", "RUN", "--ood", "folder:nope"], "there is no such folder"),
    "a folder as an array": (["evaluate", "RUN", "--ood", "npy:."], "this is a folder: name a file in it"),
    "a folder as a text": (["evaluate", "RUN", "--ood", "csv:."], "this is a folder: name a file in it"),
    "a folder as an archive": (["evaluate", "RUN", "--ood", "npz:."], "this is a folder: name a file in it"),
    "a folder as a table": (["evaluate", "RUN", "--ood", "parquet:."], "this is a folder: name a file in it"),
    "a file as a folder": (["evaluate", "RUN", "--ood", f"folder:{__file__}"], "this is a file: name the folder that"),
    "a background": (["evaluate", "RUN", "--scores", "likelihood-ratio?background=nope"], "there is no flow in nope"),
    "another flow": (["evaluate", "RUN", "--scores", "waic?others=nope"], "there is no flow in nope"),
    "an encoder": (["evaluate", "RUN", "--scores", "embedding-neighbours?encoder=./nope"], "nope"),
    "an encoder of data": (["evaluate", "RUN", "--ood", "digits?encoder=./nope"], "nope"),
    "a checkpoint": (["import-original", "nope.pt", "new", "--dataset", "mnist"], "nope.pt does not exist"),
    "a plug-in": (["--plugin", "nope.py", "evaluate", "RUN"], "there is no plug-in nope.py"),
}


@pytest.mark.parametrize(("arguments", "message"), NOT_THERE.values(), ids=NOT_THERE)
def test_a_path_that_is_not_there_is_bad_usage(oodflow, run, arguments, message):
    result = oodflow(*(run if argument == "RUN" else argument for argument in arguments))
    assert message in result.error
    assert result.code == 2


def test_what_was_trained_on_is_no_ood_set(oodflow, run, sets):
    assert "is what this flow was trained on" in oodflow("evaluate", run, "--ood", sets.inside).error


def test_nan_in_an_array(oodflow, run, tmp_path, tiny):
    images = np.zeros((50, 1, 8, 8), np.float32)
    images[7, 0, 2, 3] = np.nan
    np.save(tmp_path / "nan.npy", images)
    name = f"npy:{tmp_path / 'nan.npy'}"
    for arguments in (["evaluate", run, "--ood", name], [*tiny, f"data={name}", "--out", tmp_path / "new"]):
        result = oodflow(*arguments)
        assert "1 values are NaN or infinite, the first at [7, 0, 2, 3]" in result.error
        assert result.code == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("shape", [(1, 15, 15), (3, 7, 9), (1, 2, 2)])
def test_images_that_a_flow_cannot_take(oodflow, tmp_path, tiny, shape):
    np.save(tmp_path / "odd.npy", np.random.default_rng(0).integers(0, 9, (50, *shape), dtype=np.uint8))
    result = oodflow(*tiny, f"data=npy:{tmp_path / 'odd.npy'}", "--out", tmp_path / "new")
    assert f"can't be built for the {'x'.join(map(str, shape))} images" in result.error
    assert "?shape=CxHxW" in result.error
    assert result.code == 2
    assert not (tmp_path / "new").exists()


def test_debug_shows_the_traceback():
    with pytest.raises(ValueError, match="not a run"):
        main(["evaluate", "nowhere", "--debug"])


def test_what_nobody_foresaw_is_one_line_too(oodflow, monkeypatch):
    def broken(arguments):
        raise LookupError("first\nsecond")

    monkeypatch.setattr("oodflow.cli.data.list_sources", broken)
    result = oodflow("data", "list")
    assert result.error == "oodflow: unexpected LookupError: first second. Repeat with --debug for the traceback."
    assert result.code == 1


def test_errors_of_the_operating_system_name_the_file(oodflow, monkeypatch):
    def forbidden(arguments):
        raise PermissionError(13, "Permission denied", "config.json")

    monkeypatch.setattr("oodflow.cli.data.list_sources", forbidden)
    assert oodflow("data", "list").error == "oodflow: config.json: Permission denied."


def test_interrupted_outside_training(oodflow, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("oodflow.cli.data.list_sources", interrupted)
    result = oodflow("data", "list")
    assert (result.code, result.error) == (130, "oodflow: stopped.")


def test_help_and_version(capsys):
    for verb in ([], ["train"], ["evaluate"], ["compare"], ["data"], ["data", "get"], ["demo"], ["bench"]):
        with pytest.raises(SystemExit) as stop:
            main([*verb, "--help"])
        assert stop.value.code == 0
    with pytest.raises(SystemExit):
        main(["--version"])
    assert "oodflow 0." in capsys.readouterr().out
