"""Training on tables and asking about others, from the command line."""

import json

import numpy as np
import pytest

from oodflow.cli import main
from oodflow.runs import RunDir
from oodflow.session.options import SessionOptions
from oodflow.session.train import train_or_open

NAMES = ["age", "weight", "height", "pulse"]
SMOKE = ["tabular-realnvp", "--scale", "smoke", "monitor.every=4"]


def write(path, rows, names=NAMES, kind=None):
    """A CSV file."""
    lines = [",".join([*names, "kind"] if kind is not None else names)]
    lines += [",".join(map(str, [*row, *([] if kind is None else [kind[i]])])) for i, row in enumerate(rows.round(6))]
    path.write_text("\n".join(lines) + "\n")
    return f"csv:{path}"


def draw(n, seed=10, shift=0.0):  # a seed by which 96, 12 and 12 of 120 rows are dealt to the parts
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 4)) * [10, 5, 1, 0.1] + [40, 70, 1.7, 1] + shift


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def inside(folder):
    return write(folder / "train.csv", draw(120))


@pytest.fixture(scope="module")
def outside(folder):
    return write(folder / "other.csv", draw(50, seed=1, shift=100.0))


@pytest.fixture(scope="module")
def of_table(folder, inside, outside):
    path = folder / "run"
    assert main(["train", *SMOKE, f"data={inside}", f"ood={outside}", "--out", str(path)]) == 0
    return path


def test_a_run_on_a_table(of_table, inside, outside):
    record = RunDir(of_table).record()
    data = record.training.data
    assert (data.unit, data.columns, data.images, data.shape) == ("rows", tuple(NAMES), 96, (4,))
    assert json.loads((of_table / "record.json").read_text())["training"]["data"]["columns"] == NAMES
    looks = [line for line in map(json.loads, (of_table / "log.jsonl").read_text().splitlines()) if "inside" in line]
    assert [list(look["ood"]) for look in looks] == [[outside]]
    assert not (of_table / "samples.png").exists()


def test_what_is_said(oodflow, inside, outside, tmp_path):
    said = oodflow("train", *SMOKE, f"data={inside}", f"ood={outside}", "--out", tmp_path / "run").err
    assert f"Training tabular on 96 rows of {inside}" in said
    assert "step 4: 12 calibration rows at log p of " in said
    assert "images" not in said


@pytest.mark.parametrize("recipe", ["tabular-realnvp", "tabular-spline"])
def test_recipes_train_on_any_table_and_ask_about_none(oodflow, tmp_path, inside, recipe):
    assert oodflow("train", recipe, "--scale", "smoke", f"data={inside}", "--out", tmp_path / "run").code == 0
    result = oodflow("evaluate", tmp_path / "run")
    assert result.code == 2
    assert "name out-of-distribution sets with --ood" in result.error


def test_an_evaluation(oodflow, of_table, outside, rendered):
    result = oodflow("evaluate", of_table, "--scores", "all", "--fpr", "0.2")
    assert result.code == 0
    assert "| data set (rows) | log p, nats |" in result.out
    assert "ms/row" in result.out
    assert (
        f"complexity is left out: it is for 8-bit images, which csv:{outside[4:-9]}train.csv does not hold"
        in result.out
    )
    (folder,) = (of_table / "evaluations").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "evaluation.json", "scores", "scores.csv", "likelihoods.png", "roc.png", "heat-map.png"
    }  # fmt: skip
    *_, other = json.loads((folder / "evaluation.json").read_text())["sets"]
    assert (other["unit"], other["columns"], other["split"], other["images"]) == ("rows", NAMES, "all", 50)
    assert other["scores"]["likelihood"]["auroc"] > 0.9


def test_a_score_of_images_is_refused_by_its_name(oodflow, of_table):
    result = oodflow("evaluate", of_table, "--scores", "complexity")
    assert result.code == 2
    assert "the score complexity can't be computed here: it is for 8-bit images" in result.error


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["age", "weight", "height", "sex"], "'pulse' is missing and 'sex' is unexpected: add what is missing"),
        (["age", "weight", "height"], "'pulse' is missing: add what is missing"),
        ([*NAMES, "sex", "id"], "'sex', 'id' are unexpected: write ?columns=age,weight,height,pulse"),
        (["weight", "age", "height", "pulse"], "in another order than at training, weight, age, height, pulse and not "
            "age, weight, height, pulse: write ?columns=age,weight,height,pulse"),
    ],
)  # fmt: skip
def test_other_columns_are_named(oodflow, of_table, tmp_path, names, sentence):
    rows = np.ones((20, len(names)))
    result = oodflow("evaluate", of_table, "--ood", write(tmp_path / "x.csv", rows, names))
    assert result.code == 2
    assert sentence in result.error


def test_columns_are_chosen_and_put_in_order(oodflow, of_table, tmp_path):
    rows = draw(30)[:, [1, 0, 2, 3]]
    spec = write(tmp_path / "x.csv", np.c_[rows, rows], ["weight", "age", "height", "pulse", *"abcd"])
    result = oodflow("evaluate", of_table, "--ood", f"{spec}?columns={','.join(NAMES)}", "--scores", "likelihood")
    assert result.code == 0


def test_a_list_of_sets_may_name_columns(oodflow, inside, outside, tmp_path):
    chosen = f"{outside}?columns=weight,age"
    arguments = [f"data={inside}?columns=weight,age", f"ood={chosen},{outside}?columns=weight,age&header=yes"]
    assert oodflow("train", *SMOKE, *arguments, "--out", tmp_path / "run").code == 0
    assert RunDir(tmp_path / "run").config().ood == (chosen, f"{chosen}&header=yes")


def test_columns_without_names_are_only_counted(oodflow, of_table, tmp_path):
    np.save(tmp_path / "y.npy", draw(30)[:, 1:])
    result = oodflow("evaluate", of_table, "--ood", f"npy:{tmp_path}/y.npy")
    assert "has 3 columns but the flow takes 4: choose them with ?columns=" in result.error
    np.save(tmp_path / "x.npy", draw(30))
    assert oodflow("evaluate", of_table, "--ood", f"npy:{tmp_path}/x.npy", "--scores", "likelihood").code == 0


def test_one_class_in_and_the_other_out(oodflow, tmp_path):
    kind = np.array(["well", "ill"])[np.arange(120) % 2]
    spec = write(tmp_path / "x.csv", draw(120) + 50 * (kind == "ill")[:, None], kind=kind)
    well, ill = (f"{spec}?label=kind&class={name}" for name in ("well", "ill"))
    assert oodflow("train", *SMOKE, f"data={well}", f"ood={ill}", "--out", tmp_path / "run").code == 0
    result = oodflow("evaluate", tmp_path / "run", "--json", "--scores", "likelihood")
    sets = json.loads(result.out)["sets"]
    assert [(one["split"], one["images"]) for one in sets] == [("test", 9), ("all", 60)]
    again = oodflow("evaluate", tmp_path / "run", "--ood", f"{spec}?label=kind")
    assert "is what this flow was trained on" in again.error


def test_images_and_tables_do_not_mix(oodflow, of_table, run, inside, tmp_path, sets):
    result = oodflow("evaluate", of_table, "--ood", sets.outside)
    assert "holds images of shape 1x8x8 but this flow is over reals of shape 4: name a table instead" in result.error
    result = oodflow("evaluate", run, "--ood", inside)
    assert "holds rows of 4 numbers but this flow is over images of shape 1x8x8: name images instead" in result.error
    result = oodflow("train", *SMOKE, f"data={sets.inside}", "--out", tmp_path / "a")
    assert "holds images, and this tabular is over real tensors: take another flow" in result.error
    result = oodflow("train", "photographs-realnvp", f"data={inside}", "--out", tmp_path / "a")
    assert "holds rows, and this realnvp is over 8-bit images: take another flow" in result.error
    result = oodflow("train", *SMOKE, f"data={inside}", f"ood={sets.outside}", "--out", tmp_path / "a")
    assert "holds images of shape 1x8x8" in result.error
    result = oodflow("explain", of_table)
    assert "this flow is over reals (4,), and what is asked for takes images" in result.error
    assert not (tmp_path / "a").exists()


def test_a_batch_is_smaller_than_the_table(oodflow, inside, tmp_path):
    result = oodflow("train", "tabular-realnvp", f"data={inside}", "training.batch_size=500", "--out", tmp_path / "a")
    assert f"batch_size 500 is more than the 96 rows of {inside}: use at most 96" in result.error


def test_a_column_alone_and_rows_that_are_all_the_same(oodflow, tmp_path):
    one, same = write(tmp_path / "one.csv", draw(80)), write(tmp_path / "same.csv", np.ones((80, 4)))
    for spec, sentence in (
        (f"{one}?columns=age", "but there is one: take 2 or more."),
        (same, f"all 80 rows of {same} are the same, so there is no spread to learn: take others."),
    ):
        result = oodflow("train", *SMOKE, f"data={spec}", "training.batch_size=8", "--out", tmp_path / "run")
        assert result.code == 2
        assert sentence in result.error
        assert not (tmp_path / "run").exists()


def test_a_run_goes_on(inside, outside, tmp_path, oodflow):
    table = tmp_path / "x.csv"
    spec = write(table, draw(120))
    assert oodflow("train", *SMOKE, f"data={spec}", "--out", tmp_path / "run").code == 0
    write(table, draw(120, seed=5))
    config = RunDir(tmp_path / "run").config()
    (tmp_path / "run/weights.safetensors").unlink()
    with pytest.raises(Exception, match="was begun on 96 rows of"):
        train_or_open(config, tmp_path / "run", SessionOptions(command="test"))


def test_check(oodflow, inside, tmp_path):
    result = oodflow("data", "check", inside, "wine?class=first")
    assert result.out == (
        f"{inside}: fine, ready (rows: 120; columns: 4, age, weight, height, pulse)\n" + result.out.partition("\n")[2]
    )
    assert "wine?class=first: fine, built-in (rows: 59; columns: 13, alcohol," in result.out
    spec = write(tmp_path / "x.csv", np.where(np.arange(80).reshape(20, 4) == 17, np.nan, 1.0))
    result = oodflow("data", "check", spec)
    assert result.code == 1
    assert "row 5 (line 6), column 'weight', is missing or NaN" in result.err


def test_list(oodflow):
    result = oodflow("data", "list")
    assert "your own tables " in result.out
    assert "csv:PATH" in result.out.partition("your own tables ")[2].partition("\n")[0]
    assert "miniboone" in result.out
